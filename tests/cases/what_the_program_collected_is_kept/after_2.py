CACHE = {}  # comment
ITEMS = [9]


def f():
    return len(ITEMS) * 2
