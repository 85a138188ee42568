import os

LIMIT = 3
A, B = 1, 2


def gone():
    return 1


class Gone:
    pass


class Kept:
    limit = 1

    def gone(self):
        return 1


def kept():
    return LIMIT
