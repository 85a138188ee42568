X = 3


def f(a=2):
    return a


class C:
    def m(self):
        return "m2"
