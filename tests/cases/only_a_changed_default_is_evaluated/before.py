MADE = []


def make(value):
    MADE.append(value)
    return [value]


def f(a=make(1), b=make(2), *, c=make(3)):
    return a, b, c
