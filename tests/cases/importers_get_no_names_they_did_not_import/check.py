assert user.go() == 2
assert {name for name in vars(user) if not name.startswith("__")} == {"lib", "f", "go"}
assert (sys.modules["lib"], sys.modules["user"]) == modules == (lib, user)
