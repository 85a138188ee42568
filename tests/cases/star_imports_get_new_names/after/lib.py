def a():
    return 2


def b():
    return 3


_hidden = 2
