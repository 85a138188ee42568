def f():
    return "first"


X = 1


def f():
    return "second"
