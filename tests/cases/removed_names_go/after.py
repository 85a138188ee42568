A = 1


class Kept:
    pass


def kept():
    return A
