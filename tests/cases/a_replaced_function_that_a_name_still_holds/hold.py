first, f, c = app.first, app.f, app.C()
m, n = c.m, c.n
