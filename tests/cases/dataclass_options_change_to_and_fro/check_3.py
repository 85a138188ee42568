if live: assert hash(app.P(3)) == hash(p) and app.P(3) == p
assert repr(p).startswith('<app.P object')
