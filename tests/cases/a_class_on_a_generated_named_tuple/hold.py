p = app.P(1, 2)
