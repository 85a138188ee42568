# one
# two
f = lambda: 1 / 0


def g():
    return [1 / 0 for _ in range(1)]


K = [lambda: 1 / 0]
