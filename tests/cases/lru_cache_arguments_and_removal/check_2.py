assert m.f(1) == ("v2", 1)
assert m.f.cache_info().maxsize == 2
assert n.f is m.f
