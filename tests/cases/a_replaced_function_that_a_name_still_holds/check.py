assert f() == 20 == app.f()
assert first() == 10 == app.first()
assert m() == 20 == c.m()
assert n() == 10 == c.n()
