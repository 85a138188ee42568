def f():
    return "old"


def g():
    return "old"


class C:
    def m(self):
        return "old"
