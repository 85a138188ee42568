c = app.C()
c.v
c.w
