def h():
    return "h"


def f(x):
    return ("F", x)
