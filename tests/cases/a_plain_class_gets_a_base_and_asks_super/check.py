assert app.Gzip("c").answer() == ("gzip", "plain", "c", [])
assert one.answer() == answer() == function(one) == ("gzip", "plain", "a", [])
assert sub.answer() == ("sub", "gzip", "plain", "b", [])
assert isinstance(one, app.Gzip)
assert isinstance(sub, app.Gzip)
assert one.name == "gzip on plain"
assert app.Gzip.make("d").app == "dd"
assert size(1) == one.size(1) == 2
assert one.added() is app.Gzip
assert app.Gzip.level == one.level == 2
assert not hasattr(one, "gone")
assert app.Gzip.Inner().go() == 2
if live:
    assert inner.go() == 2
