E = app.Planet.EARTH
