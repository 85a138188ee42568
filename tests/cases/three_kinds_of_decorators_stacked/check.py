assert f(1) == ("d1", ("x", ("v2", 1)))
assert app.f(2) == ("d1", ("x", ("v2", 2)))
