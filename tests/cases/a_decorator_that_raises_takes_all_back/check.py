assert not patch.ok
assert patch.errors[0].slug == "execution"
assert f() == "f1"
assert app.f() == "f1"
assert app.deco(1) == 1
assert not hasattr(app, "g")
