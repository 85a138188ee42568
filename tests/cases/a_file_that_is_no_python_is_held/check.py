assert not patch.ok
assert (patch.errors[0].file, patch.errors[0].line) == (b.__file__, 1)
assert patch.errors[0].waiting == (a.__file__,)
assert (f(), g()) == ("old", "old")
