f, c = app.f, app.C()
cb = c.b
