assert i.f() == "i2"
assert d.d() == "d2"
assert i.X == 2
assert i.Y == 3
assert type(i) is app.Outer.Inner
