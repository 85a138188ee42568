assert app.C[3] == ('C', 3) and len(c) == 7 and not c
class D(app.C, a=1): pass
assert D.kw == {'a': 1}
