assert m.f(1) == ("v2", 1)
assert not hasattr(m.f, "cache_info")
assert n.f(2) == ("v2", 2)
