import functools


def d1(fn):
    def w(*a):
        return ("D1", fn(*a))

    return w


def d2(tag):
    def deco(fn):
        class W:
            def __call__(self, *a):
                return [tag, fn(*a)]

        return W()

    return deco


@d1
@d2("x")
@functools.lru_cache
def f(a):
    return ("v2", a)
