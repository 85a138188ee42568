assert (c.limit, c.m(), c.added()) == (2, "new", "new")
assert app.CALLS == []
