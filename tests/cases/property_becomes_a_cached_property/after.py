import functools


class C:
    n = 0

    @functools.cached_property
    def v(self):
        self.n += 1
        return self.n

    @functools.cached_property
    def w(self):
        return "w2"
