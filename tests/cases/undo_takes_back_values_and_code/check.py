assert (m.X, n.X, f(), c.m()) == (2, 2, 2, "m2")
if live:
    import livepatch

    livepatch.undo()
    assert (m.X, n.X, f(), c.m()) == (1, 1, 1, "m1")
