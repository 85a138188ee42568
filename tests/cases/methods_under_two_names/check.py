assert c.a() == "a2"
assert c.b() == "a2"
assert str(c) == "r2"
assert repr(c) == "r2"
