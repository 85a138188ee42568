import functools


def plain(x):
    return ("new", x)


class Cart:
    def total(self, x):
        return ("new", x)


def stack(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args)

    return wrapper


@stack
@stack
def wrapped(x):
    return ("new", x)


TABLE = {"plain": plain, "list": [plain, wrapped]}
PARTIAL = functools.partial(plain, 1)
