assert f() == "new"
assert f.calls == 3
if live:
    assert app.g() == "the program's own"
    assert (app.extra, app.C().extra) == (1, 2)
assert app.C().m() == "new"
