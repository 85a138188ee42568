assert base.go() == app.Base().go() == 2
assert base.added() == 3
assert app.Stats() == app.Stats(2, 3)
assert stats.peak == 3
assert error.code == app.Error.code == 4
