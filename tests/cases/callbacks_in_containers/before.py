import functools, weakref, atexit


def f():
    return "f1"


class C:
    def m(self):
        return "m1"

    @classmethod
    def k(cls):
        return "k1"

    @staticmethod
    def s():
        return "s1"
