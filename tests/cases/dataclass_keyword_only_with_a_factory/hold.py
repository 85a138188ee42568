p = app.P(a=1, b=[2])
