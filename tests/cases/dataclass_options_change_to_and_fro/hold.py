p = app.P(1)
