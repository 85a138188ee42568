assert [g(1) for g in app.FUNCS] == [(1, 0), (1, 1), (1, 2)]
if live:
    assert [g(1) for g in held] == [(1, 0), (1, 1), (1, 2)] and len(app.FUNCS) == 3
