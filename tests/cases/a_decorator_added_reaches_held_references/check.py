assert app.f("a") == "a!"
assert f("a") == "a!"
assert c.m() == "m!"
assert cm() == "m!"
