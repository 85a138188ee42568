LOG = []


def f():
    return 'old'
