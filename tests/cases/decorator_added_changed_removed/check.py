for f, expected in (
    (added, ("new", 1)), (changed, ("new", 1)), (removed, 1), (turned, ("two", ("one", 1))),
):
    assert f(1) == expected
    assert getattr(app, f.__name__)(1) == expected
assert removed is app.removed
