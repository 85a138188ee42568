assert app.make(1)[0]() == (1, 10)
assert one() == (1, 10)
