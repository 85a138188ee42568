assert not patch.ok
assert (patch.errors[0].slug, patch.errors[0].line) == ("source", 4)
assert f() == 1
