CACHE = {}  # comment
ITEMS = [1, 2]


def f():
    return len(ITEMS) * 2
