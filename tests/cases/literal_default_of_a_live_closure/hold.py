step = app.make(10)
