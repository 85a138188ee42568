assert one.answer() == answer() == function(one) == ("alone", "a")
assert sub.answer() == ("sub", "alone", "b")
assert one.name == "alone"
assert app.Gzip.make("d").app == "ddd"
assert size(1) == one.size(1) == 3
assert app.Gzip.__mro__[1] is object
assert app.Gzip.level == 3
if live:
    import livepatch

    assert livepatch.undo(2).ok
    assert one.answer() == answer() == ("gzip", "a")
    assert sub.answer() == ("sub", "gzip", "b")
    assert one.gone() == "gone"
    assert isinstance(one, app.Gzip)
    assert app.Gzip.make("d").app == "d"
    assert livepatch.redo().ok
    assert one.answer() == answer() == ("gzip", "plain", "a", [])
