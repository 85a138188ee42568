"""Two lines more above, and two inside."""


def callee(x):
    y = x + 100
    return y


def caller(x, between):
    first = callee(x)
    between()
    second = callee(x)
    return first, second, "new"
