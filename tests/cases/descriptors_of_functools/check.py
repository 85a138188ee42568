assert c.cached == ("new", 2)
assert app.C.__dict__["cached"].__doc__ == "New."
assert c.plus_one(2) == ("new", 1, 2)
assert c.show("x") == "new any"
assert c.show(1) == "new int"
assert show("x") == "new any"
assert show(1) == "new int"
