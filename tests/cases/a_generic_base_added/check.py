assert app.Box[int]().get() == 1
assert b.get() == 1
assert isinstance(b, app.Box)
