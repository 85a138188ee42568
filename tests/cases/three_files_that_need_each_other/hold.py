import a, b, c
o = a.A()
