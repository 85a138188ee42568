if live:
    assert f(3) == (3, 6) and f.seen == [(1,), (2,), (3,)]
