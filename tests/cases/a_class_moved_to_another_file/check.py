assert a.mk().f() == "c2"
assert a.C is b.C
if live:
    assert o.f() in ("c1", "c2")
