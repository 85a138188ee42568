import functools, weakref, atexit


def f():
    return "f2"


class C:
    def m(self):
        return "m2"

    @classmethod
    def k(cls):
        return "k2"

    @staticmethod
    def s():
        return "s2"
