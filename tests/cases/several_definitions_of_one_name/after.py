def f():
    return "second"


X = 1


def f():
    return "first"
