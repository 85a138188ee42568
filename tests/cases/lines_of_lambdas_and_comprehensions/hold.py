f, g = app.f, app.g
k = app.K[0]
