T, U = app.Box.__type_params__
assert app.Box.get.__annotations__ == {"x": T, "return": U}
assert box.get(1) == [1]
assert app.Box[int, str]().same() == 1
