assert m.mk() == (1, 2, 3)
assert m.mk().z == 3
assert n.P is m.P
