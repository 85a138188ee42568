import functools


def tag(text):
    def deco(f):
        @functools.wraps(f)
        def wrapper(*args):
            return (text, f(*args))

        return wrapper

    return deco


def added(x):
    return x


@tag("old")
def changed(x):
    return x


@tag("old")
def removed(x):
    return x


@tag("one")
@tag("two")
def turned(x):
    return x
