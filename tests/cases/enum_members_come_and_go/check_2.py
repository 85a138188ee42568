assert [c.name for c in m.Color] == ["RED", "GREEN"]
assert not hasattr(m.Color, "BLUE")
if live:
    assert red is m.Color.RED
