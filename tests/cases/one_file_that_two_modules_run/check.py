del sys.modules["other"]
assert f() == g() == "new"
assert f is not g
