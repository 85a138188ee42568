if live:
    assert held(2) == 6
    assert o.f() == "f2"
