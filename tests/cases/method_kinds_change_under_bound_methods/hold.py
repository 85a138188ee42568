d = app.D()
