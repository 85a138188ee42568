import functools


def deco(f):
    @functools.wraps(f)
    def wrapper(*args):
        return ("old", f(*args))

    return wrapper


@deco
def f(x):
    return x


class C:
    @deco
    def m(self):
        return 1
