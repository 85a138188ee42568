class Big:
    pass


def f(x=Big()):
    return "old"


class C:
    def m(self):
        return "old"
