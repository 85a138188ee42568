assert a.get() == 16
assert vars(a) == {"_A__x": 1, "_A__y": 5}
assert a.call() == "new"
