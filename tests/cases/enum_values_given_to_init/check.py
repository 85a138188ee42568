assert E.density == 'new' and app.Planet.VENUS.mass == 4.8 and app.Planet.EARTH is E
assert list(app.Planet)[-1].name == 'VENUS'
