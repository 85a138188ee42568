assert p.total() == 102
assert app.P(3).total() == 300
