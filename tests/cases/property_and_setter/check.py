c.x = 1
assert c.x == ("new", ("new", 1))
del c.x
assert c.x == ("new", None)
assert app.C.x.__doc__ == "X."
