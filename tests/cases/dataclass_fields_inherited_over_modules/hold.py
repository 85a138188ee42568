import a, b, c
o = c.C(1, 2)
