assert user.go() == 2
assert user.b() == 3
assert not hasattr(user, "_hidden")
