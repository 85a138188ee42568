assert patch.ok
assert f() == app.f() == "new"
