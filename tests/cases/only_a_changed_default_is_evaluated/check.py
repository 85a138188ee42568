assert f() == ([1, "kept"], [20], [3], [4])
assert f()[0] is first
if live:
    assert app.MADE == [20, 4]
