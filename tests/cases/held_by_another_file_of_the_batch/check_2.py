assert a.f() == "a2"
assert b.f() == "b2"
