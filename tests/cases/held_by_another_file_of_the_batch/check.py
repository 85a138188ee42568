if live:
    assert not patch.ok
    assert a.f() == "a1"
    assert b.f() == "b1"
