LOG = []
NEW = 5


def f():
    return 'new'


if NEW:
    LOG = [1]
