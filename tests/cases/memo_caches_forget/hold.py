f, c = app.f, app.C()
f(1), c.m()
