assert app.make()().f() == 11
if live:
    assert b.f() in (2, 11)
