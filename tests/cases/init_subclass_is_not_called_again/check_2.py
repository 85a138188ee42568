if live:
    assert app.REG == [("A", {"tag": 1})]
assert a.g() == 5
