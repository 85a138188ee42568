assert not hasattr(app, "old_name")
assert not hasattr(app, "OldName")
assert app.new_name(1) == (1, "body")
assert app.NewName().old_method() == 1
if live:
    assert app.new_name is function
    assert function.__name__ == function.__code__.co_name == "new_name"
    assert app.NewName is cls
    assert (cls.__name__, cls.__qualname__) == ("NewName", "NewName")
    assert instance.old_method() == 1
