first, box = app.first, app.Box()
