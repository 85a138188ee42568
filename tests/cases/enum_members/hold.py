Color, red = app.Color, app.Color.RED
