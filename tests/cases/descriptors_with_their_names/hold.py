c = app.C(); c.a = 10
fa = app.C.a
