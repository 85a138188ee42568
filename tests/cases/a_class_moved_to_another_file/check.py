assert a.mk().f() == "c2"
assert a.C is b.C
if live:
    assert o.f() == "c2"
    assert type(o) is b.C
