if live:
    assert patch.ok, patch
assert c.y() == 2
assert not hasattr(c, "x")
