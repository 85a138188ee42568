assert f() == app.f() == "first"
assert f.__code__.co_firstlineno == 8
