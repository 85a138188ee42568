C, c = app.C, app.C()
c.a = 1
