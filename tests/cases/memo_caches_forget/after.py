import functools


@functools.lru_cache(maxsize=None)
def f(x):
    return ("new", x)


class C:
    @functools.lru_cache
    def m(self):
        return "new"
