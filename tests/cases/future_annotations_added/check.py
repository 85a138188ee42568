assert f(1) == 1
assert f.__annotations__ == {"x": "Later"}
assert app.g.__annotations__ == {"x": "Nowhere"}
assert hasattr(app, "annotations")
