import contextlib, functools


@contextlib.contextmanager
def cm(x):
    yield ("v2", x)


def base(a, b):
    return ("b2", a, b)


part = functools.partial(base, 1)


class K:
    def setx(self, v):
        return ("s2", v)

    one = functools.partialmethod(setx, 1)
