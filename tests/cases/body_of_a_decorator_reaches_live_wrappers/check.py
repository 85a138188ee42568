assert f(1) == ("new", 1)
assert m() == ("new", 1)
