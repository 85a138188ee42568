def f():
    return 10


first = f


def f():
    return 20


class C:
    def m(self):
        return 10

    n = m

    def m(self):
        return 20
