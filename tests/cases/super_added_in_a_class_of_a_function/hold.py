b = app.make()()
