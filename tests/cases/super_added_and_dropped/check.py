assert go() == b.go() == ["B", "a"]
assert stay() == ["stay"]
