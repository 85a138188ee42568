for call in (plain, wrapped, bound, app.plain, app.wrapped, *app.TABLE["list"]):
    assert call(1) == ("new", 1), call
assert unbound(cart, 1) == ("new", 1)
assert app.TABLE["plain"](2) == ("new", 2)
assert app.PARTIAL() == ("new", 1)
assert app.plain is plain
assert app.wrapped is wrapped
