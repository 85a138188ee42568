assert len(app.REGISTRY) == 2
assert app.REGISTRY[0]() == "new"
assert app.REGISTRY[1]().go() == "new"
assert app.REGISTRY == [app.one, app.Two]
