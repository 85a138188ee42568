f = app.f
