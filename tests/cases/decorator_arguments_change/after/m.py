import functools


def times(n):
    def deco(fn):
        @functools.wraps(fn)
        def w(*a):
            return [fn(*a)] * n

        return w

    return deco


@times(3)
def f(x):
    return x


class K:
    @times(4)
    def m(self):
        return "m"
