LOG = []


def first():
    return 1
