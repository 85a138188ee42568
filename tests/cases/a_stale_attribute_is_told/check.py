assert app.C.A == 10
if live and app.C.B == 2:
    import livepatch
    assert patch.notes, 'silent stale'
else:
    assert c.f() == (10, 11)
