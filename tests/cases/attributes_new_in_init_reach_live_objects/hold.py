c, d = app.C(1), app.D(2)
