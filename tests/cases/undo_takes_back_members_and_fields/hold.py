a, p = app.E.A, app.P()
