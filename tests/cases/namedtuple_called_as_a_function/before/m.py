from collections import namedtuple

P = namedtuple("P", "x y")


def mk():
    return P(1, 2)
