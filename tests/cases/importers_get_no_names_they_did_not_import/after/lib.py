def f():
    return 2


def g():
    return 3


LIMIT = 4
