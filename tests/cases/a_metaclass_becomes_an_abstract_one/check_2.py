assert isinstance(round_, app.Shape)
assert not isinstance(3, app.Shape)
assert (round_.area(), app.Round().area()) == (3, 3)
if live:
    import livepatch

    assert livepatch.undo().ok
    assert app.Shape.__abstractmethods__ == {"corners"}
    assert livepatch.undo().ok
    assert app.Round().area() == 1
