point = app.Point(5, 6)
red = app.Colour.RED
