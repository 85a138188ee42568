assert m.C().hi() == "hi"
assert n.C is m.C
assert c.hi() == "hi"
assert isinstance(c, m.C)
assert c.own() == 1
if live:
    assert own() == 1
