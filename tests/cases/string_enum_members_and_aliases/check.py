assert app.S.AA is app.S.A
assert a is app.S.A
assert app.S.C == "c"
assert list(app.S) == ["a", "b", "c"]
