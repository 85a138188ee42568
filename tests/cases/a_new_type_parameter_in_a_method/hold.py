box = app.Box()
