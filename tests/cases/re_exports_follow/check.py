assert app.go() == (2, 2)
assert pkg.VALUE == 2
