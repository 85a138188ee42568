assert a.g() == ("F", 1)
assert b.f(2) == ("F", 2)
assert c.use() == ("F", 3)
if live:
    assert held(5) == ("F", 5)
