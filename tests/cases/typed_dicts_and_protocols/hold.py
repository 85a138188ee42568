P, i = app.P, app.Impl()
if live:
    assert isinstance(i, P)
