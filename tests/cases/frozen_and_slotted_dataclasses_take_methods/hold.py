p, q = app.P(1), app.Q(2)
