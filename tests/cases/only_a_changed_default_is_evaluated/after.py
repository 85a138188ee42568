MADE = []


def make(value):
    MADE.append(value)
    return [value]


def f(a=make(1), b=make(20), *, c=make(3), d=make(4)):
    return a, b, c, d
