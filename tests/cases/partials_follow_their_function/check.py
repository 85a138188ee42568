with cm(1) as got:
    assert got == ("v2", 1)
assert part(2) == ("b2", 1, 2)
assert k.one() == ("s2", 1)
