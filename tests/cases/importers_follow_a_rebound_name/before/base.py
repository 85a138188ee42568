RATE = 1
KEPT = 1


def f():
    return "old"
