C, c, d = app.C, app.C(), app.D()
