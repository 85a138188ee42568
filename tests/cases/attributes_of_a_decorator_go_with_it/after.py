import functools


def wrap(fn):
    @functools.wraps(fn)
    def wrapper(*args):
        return fn(*args) + 1

    return wrapper


@wrap
@functools.lru_cache
def f(p):
    return p
