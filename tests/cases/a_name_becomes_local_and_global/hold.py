f, h = app.f, app.g()
