assert b.f() == "b"
assert bf() == "b"
assert b.g() == "plain"
assert app.B().f() == "b"
