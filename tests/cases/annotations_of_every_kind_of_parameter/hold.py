g, af = app.g, app.A().f
