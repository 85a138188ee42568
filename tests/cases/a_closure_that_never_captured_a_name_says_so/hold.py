step = app.make(1)
