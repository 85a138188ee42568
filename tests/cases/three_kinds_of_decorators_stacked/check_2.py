assert app.f(1) == ("D1", ["x", ("v2", 1)])
assert f(1) == ("D1", ["x", ("v2", 1)])
