assert app.E.B.value == 2
assert repr(p) == "P(x=1, y=2)"
if live:
    import livepatch

    livepatch.undo()
    assert list(app.E) == [a]
    assert repr(p) == "P(x=1)"
    assert repr(app.P()) == "P(x=1)"
    assert not hasattr(app.P, "y")
    assert not hasattr(app.E, "B")
