b, f = app.Box(1), app.first
