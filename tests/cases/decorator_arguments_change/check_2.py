assert f(1) == [-1] * 3
assert n.TABLE["f"](1) == [-1] * 3
assert km() == ["M"] * 4
