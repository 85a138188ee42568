one, two = app.make(1)
