import functools


def tag(text):
    def deco(f):
        @functools.wraps(f)
        def wrapper(*args):
            return (text, f(*args))

        return wrapper

    return deco


@tag("new")
def added(x):
    return x


@tag("new")
def changed(x):
    return x


def removed(x):
    return x


@tag("two")
@tag("one")
def turned(x):
    return x
