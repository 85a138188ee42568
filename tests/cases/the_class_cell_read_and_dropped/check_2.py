assert b.f() == "Aagain"
assert b.g() is app.B
