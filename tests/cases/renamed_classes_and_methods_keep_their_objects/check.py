assert app.new_name(2) == 4
assert not hasattr(app, "old_name")
assert app.NewC().f() == "f1"
assert k.method() == "m"
if live:
    assert held is app.new_name
    assert held.__name__ == "new_name"
    assert isinstance(o, app.NewC)
    assert type(o).__name__ == "NewC"
    assert km() == "m"
