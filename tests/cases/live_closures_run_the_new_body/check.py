assert step() == ("new", 16)
assert step() == ("new", 26)
assert app.counter(0)() == ("new", 10)
