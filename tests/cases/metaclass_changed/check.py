assert app.C.who() == "M2"
assert isinstance(c, app.C)
