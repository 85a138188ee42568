assert app.f("a") == "aa?"
assert f("a") == "aa?"
assert cm() == "mm?"
