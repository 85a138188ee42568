from collections import namedtuple

P = namedtuple("P", "x y z")


def mk():
    return P(1, 2, 3)
