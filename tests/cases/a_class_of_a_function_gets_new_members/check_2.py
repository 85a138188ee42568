assert o.hi() == ("t", "newest") == app.make("t")().hi() == hi()
assert i.f() == 3
assert issubclass(app.make("t"), dict)
assert app.make("t").kind == "tt"
assert not hasattr(o, "added")
assert MISSING.other() == 8
if live:
    (note,) = [note for note in patch.notes if note.slug == "closure-shape"]
    assert "bases" in note.message
    assert "kind" in note.message
    import livepatch

    assert livepatch.undo(2).ok
    assert o.hi() == ("t", "old")
    assert o.bye() == "bye"
    assert Local.gone == 1
    assert Local.kind == "a"
    assert not hasattr(Local, "p")
