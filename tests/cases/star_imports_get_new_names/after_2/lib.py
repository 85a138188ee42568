__all__ = ["b"]


def a():
    return 2


def b():
    return 4
