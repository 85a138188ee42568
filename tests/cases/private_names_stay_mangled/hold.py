a = app.A()
