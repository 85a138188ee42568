assert (m.X, n.X, f(), c.m()) == (3, 3, 2, "m2")
