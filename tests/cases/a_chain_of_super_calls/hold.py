import a
d = a.D()
