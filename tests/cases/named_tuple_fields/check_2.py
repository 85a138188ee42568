assert app.P(1)._fields == ("x", "y", "z")
assert app.P(1).z == 7
assert app.P(1, 2, 3) == (1, 2, 3)
