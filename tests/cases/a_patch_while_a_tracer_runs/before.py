def callee(x):
    return x + 1


def caller(x, between):
    first = callee(x)
    between()
    second = callee(x)
    return first, second
