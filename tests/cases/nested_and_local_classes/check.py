assert inner.go() == "new"
assert local.go() == "new"
assert app.make().go() == "new"
