import functools


def plain(x):
    return ("old", x)


class Cart:
    def total(self, x):
        return ("old", x)


def stack(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args)

    return wrapper


@stack
@stack
def wrapped(x):
    return ("old", x)


TABLE = {"plain": plain, "list": [plain, wrapped]}
PARTIAL = functools.partial(plain, 1)
