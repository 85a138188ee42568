assert app.Planet.EARTH.mass == 6.0 and app.Planet((6.0, 6.4)) is app.Planet.EARTH
