assert c.x == 5
assert c.f() == "f2"
