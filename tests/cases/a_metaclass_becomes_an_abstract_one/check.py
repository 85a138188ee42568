assert app.Shape.__abstractmethods__ == app.Round.__abstractmethods__ == {"corners"}
assert app.Square.__abstractmethods__ == frozenset()
assert isinstance(round_, app.Shape)
assert not isinstance(3, app.Shape)
app.Shape.register(int)
assert isinstance(3, app.Shape)
assert (round_.area(), app.Square().area()) == (2, 2)
