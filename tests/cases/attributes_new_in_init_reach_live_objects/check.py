assert c.f() == (1, 3, [])
assert d.f() == (2, 3, [])
assert c.log is not d.log
