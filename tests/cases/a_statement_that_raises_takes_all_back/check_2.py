assert patch.ok
assert (f(), c.g(), c.n, a.LOG) == ("new", "new", 2, [1])
