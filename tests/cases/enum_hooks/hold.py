X = app.A.X
