assert f(1) == ("v2", 1)
assert n.f(1) == ("v2", 1)
assert o.m(1) == ("m2", 1)
