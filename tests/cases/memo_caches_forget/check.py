assert f(1) == ("new", 1)
assert c.m() == "new"
assert app.f is f
