def f():
    return "new"


def g():
    return "new"


class C:
    def m(self):
        return "new"
