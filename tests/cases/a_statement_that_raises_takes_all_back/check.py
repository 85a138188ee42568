assert not patch.ok
assert "ZeroDivisionError" in patch.errors[0].message
assert (patch.errors[0].file, patch.errors[0].line) == (b.__file__, 11)
assert (f(), c.g(), c.n) == ("old", "old", 1)
assert a.LOG is log
assert not hasattr(a, "NEW")
assert not hasattr(b, "BAD")
