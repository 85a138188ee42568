b = app.Box()
