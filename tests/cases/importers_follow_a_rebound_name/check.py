assert deep.total() == (2, "new")
assert middle.RATE == 2
assert middle.ADDED == 3
if live:
    assert middle.assigned == "the program's own"
assert not hasattr(deep, "ADDED")
