assert (app.A, app.B, app.N, app.C) == (1, 20, 21, 3)
assert app.STATE is state
if live:
    assert app.RUNS == [20, 21]
    assert state == {"x": 1}
