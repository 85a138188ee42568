assert app.FLAG == 3
assert app.TEXT == "[1, true]"
assert app.C.text.startswith('["b"')
assert not hasattr(app, "sys")
assert not hasattr(app, "_dumps")
assert app.loads("1") == 1
