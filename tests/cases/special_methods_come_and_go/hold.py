c = app.C(3)
