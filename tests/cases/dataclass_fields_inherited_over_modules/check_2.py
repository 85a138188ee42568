assert repr(c.C(1, 2)) == "C(x=1, y=2, z=3)"
assert repr(o) == "C(x=1, y=2, z=3)"
