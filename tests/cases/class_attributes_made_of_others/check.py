assert c.f() == [2]
assert c.D[2] == 4
assert app.C.E == [0, 1, 2]
