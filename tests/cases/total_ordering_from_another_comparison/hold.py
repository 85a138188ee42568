a, b = app.V(1), app.V(2)
