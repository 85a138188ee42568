assert c.x == "new"
assert app.C.x.fset is None
assert app.C.x.__doc__ == "New."
