def f():
    return 1


first = f


def f():
    return 2


class C:
    def m(self):
        return 1

    n = m

    def m(self):
        return 2
