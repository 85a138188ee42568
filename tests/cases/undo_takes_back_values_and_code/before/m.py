X = 1


def f(a=1):
    return a


class C:
    def m(self):
        return "m1"
