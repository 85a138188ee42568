f, plain = app.f, app.plain
