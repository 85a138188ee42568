for name in ("os", "LIMIT", "B", "gone", "Gone"):
    assert not hasattr(app, name), name
for name in ("limit", "gone"):
    assert not hasattr(kept, name), name
assert app.kept() == 1
if live:
    assert gone() == method() == 1
