assert m.f(1) == [1] * 3
assert f(1) == [1] * 3
assert n.f(1) == [1] * 3
assert n.TABLE["f"](1) == [1] * 3
assert k.m() == ["m"] * 4
assert km() == ["m"] * 4
assert m.f.__name__ == "f"
assert m.f.__wrapped__(5) == 5
