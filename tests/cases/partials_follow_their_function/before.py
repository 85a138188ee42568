import contextlib, functools


@contextlib.contextmanager
def cm(x):
    yield ("v1", x)


def base(a, b):
    return ("b1", a, b)


part = functools.partial(base, 1)


class K:
    def setx(self, v):
        return ("s1", v)

    one = functools.partialmethod(setx, 1)
