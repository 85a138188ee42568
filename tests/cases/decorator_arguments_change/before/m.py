import functools


def times(n):
    def deco(fn):
        @functools.wraps(fn)
        def w(*a):
            return [fn(*a)] * n

        return w

    return deco


@times(2)
def f(x):
    return x


class K:
    @times(2)
    def m(self):
        return "m"
