if live:
    assert not patch.ok
    assert c.x == 1
    assert c.f() == "f1"
