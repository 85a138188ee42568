import functools


class C:
    n = 2

    @functools.cached_property
    def cached(self):
        """New."""
        return ("new", self.n)

    def add(self, a, b):
        return ("new", a, b)

    plus_one = functools.partialmethod(add, 1)

    @functools.singledispatchmethod
    def show(self, x):
        return "new any"

    @show.register
    def _(self, x: int):
        return "new int"


@functools.singledispatch
def show(x):
    return "new any"


@show.register
def _(x: int):
    return "new int"
