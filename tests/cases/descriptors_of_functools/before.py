import functools


class C:
    n = 2

    @functools.cached_property
    def cached(self):
        """Old."""
        return ("old", self.n)

    def add(self, a, b):
        return ("old", a, b)

    plus_one = functools.partialmethod(add, 1)

    @functools.singledispatchmethod
    def show(self, x):
        return "old any"

    @show.register
    def _(self, x: int):
        return "old int"


@functools.singledispatch
def show(x):
    return "old any"


@show.register
def _(x: int):
    return "old int"
