def f(x):
    return ("f", x)


def g():
    return f(1)
