d = app.C()
assert d.v == 1
assert d.v == 1
assert d.w == "w2"
