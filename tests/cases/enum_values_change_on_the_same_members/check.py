assert app.Color.RED.value == 10
assert app.Color(10) is app.Color.RED
assert red is app.Color.RED
assert app.Lvl.HIGH == 6
assert app.Lvl.TOP > app.Lvl.HIGH
assert app.Lvl(9) is app.Lvl.TOP
assert low is app.Lvl.LOW
assert app.F.C.value == 4
assert (app.F.A | app.F.C).value == 5
assert isinstance(app.F.A | app.F.C, app.F)
try:
    app.Color(1)
except ValueError:
    pass
else:
    raise AssertionError
