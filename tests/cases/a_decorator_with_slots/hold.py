c = app.C(); cm = c.m; f = app.f
f(1); cm(1)
