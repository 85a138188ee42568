assert app.Point(7) == app.Point(y=7, x=1)
assert [field.name for field in app.Point.__dataclass_fields__.values()] == ["y", "x"]
assert app.Pair(3) == (3, 1)
assert app.Pair(3).right == 3
assert [colour.name for colour in app.Colour] == ["BLUE", "RED"]
assert (app.Colour.BLUE.value, app.Colour.RED.value) == (1, 2)
assert app.Colour(2) is app.Colour.RED is red
assert app.Plain.size == 10
if live:
    assert (point.x, point.y) == (5, 6)
    assert isinstance(point, app.Point)
    assert not [change for change in patch.changes if change.qualname == "Plain"]
