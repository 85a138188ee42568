for Class, obj in ((app.make("t"), app.make("t")()), (Local, o)):
    assert obj.hi() == ("t", "new")
    assert Class.kind == "b"
    assert Class.more == {"x": 1}
    assert obj.added() == ("t", 2, 3, "<")
    assert obj.added(5, k=6) == ("t", 5, 6, "<")
    assert obj.p == "b"
    assert Class.s() == "t"
    assert not hasattr(Class, "gone")
    assert not hasattr(obj, "bye")
assert hi() == ("t", "new")
assert i.f() == 2 == app.Outer().make()().f()
assert MISSING.other() == 7
