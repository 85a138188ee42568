RATE = 2
KEPT = 2
ADDED = 3


def f():
    return "new"
