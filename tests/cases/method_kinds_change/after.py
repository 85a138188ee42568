import functools


class C:
    n = 3

    @property
    def a(self):
        return ("property", self.n)

    @classmethod
    def b(cls):
        return ("class", cls.n)

    @staticmethod
    def c():
        return "static"

    def d(self):
        return ("method", self.n)

    @functools.cached_property
    def e(self):
        return ("cached", self.n)
