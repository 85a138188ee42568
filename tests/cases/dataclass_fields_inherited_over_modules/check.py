assert repr(c.C('w', 1, 2)) == "C(w='w', x=1, y=2, z=3)", repr(c.C('w', 1, 2))
assert repr(b.B('w', 1, 2)) == "B(w='w', x=1, y=2)"
