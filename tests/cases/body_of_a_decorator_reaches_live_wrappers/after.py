import functools


def deco(f):
    @functools.wraps(f)
    def wrapper(*args):
        return ("new", f(*args))

    return wrapper


@deco
def f(x):
    return x


class C:
    @deco
    def m(self):
        return 1
