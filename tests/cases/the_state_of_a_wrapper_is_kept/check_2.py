if live:
    assert f(3) == [4, 6, 4]
