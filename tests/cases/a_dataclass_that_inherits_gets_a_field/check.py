assert repr(app.B()) == "B(a=1, b=2, c=3)"
assert b.c == 3
assert app.B(1, 2, 3) == app.B()
