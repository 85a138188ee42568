class Big:
    pass


def f(x=Big()):
    return "new"


class C:
    def m(self):
        return "new"
