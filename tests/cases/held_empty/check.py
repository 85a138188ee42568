assert not patch.ok
assert patch.errors[0].slug == "empty"
assert patch.errors[0].file == app.__file__
assert f() == "old"
