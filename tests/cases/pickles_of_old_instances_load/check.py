loaded, f = pickle.loads(data)
assert loaded.get() == ("new", 1)
assert f() == "new"
assert type(loaded) is app.C
