assert patch.ok
assert list(running) == ["old 2"]
assert list(app.numbers()) == ["new 1", "new 2"]
