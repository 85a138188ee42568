assert b.get() == [1]
assert f([1, 2]) == 2
assert app.first([1, 2]) == 2
assert len(app.Box.__type_params__) == 2
assert len(f.__type_params__) == 2
assert app.Alias.__value__ is str
assert app.Box[int, str](3).get() == [3]
