assert patch.ok
assert (f(), g()) == ("new", "new")
