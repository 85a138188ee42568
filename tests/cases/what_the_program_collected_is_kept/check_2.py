assert app.f() == 2
assert app.ITEMS == [9]
