X = 2


def f(a=2):
    return a


class C:
    def m(self):
        return "m2"
