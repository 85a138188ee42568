assert app.RUNS == []
assert app.C is C
assert (c.m(), c.limit, c.added, c.shared) == ("new", 10, 11, [1])
assert not hasattr(c, "gone")
