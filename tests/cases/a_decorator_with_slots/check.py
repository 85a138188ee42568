if live:
    assert cm(1) == (2, 2) and f(1) == (2, 3)
