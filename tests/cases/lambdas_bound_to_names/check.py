assert plain(1) == ("new", 1, 2)
assert c.key() == ("new", 5)
assert app.TABLE["f"](1) == ("new", 1)
