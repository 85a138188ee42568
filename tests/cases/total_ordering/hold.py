one, two = app.C(1), app.C(2)
