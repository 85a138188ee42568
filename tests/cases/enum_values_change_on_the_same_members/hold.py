red, low = app.Color.RED, app.Lvl.LOW
