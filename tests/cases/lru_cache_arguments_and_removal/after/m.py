import functools


@functools.lru_cache(maxsize=None)
def f(x):
    return ("v2", x)


class C:
    @functools.lru_cache
    def m(self, x):
        return ("m2", x)
