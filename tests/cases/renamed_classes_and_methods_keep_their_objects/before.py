def old_name(x):
    return x * 2


class OldC:
    def f(self):
        return "f1"


class K:
    def meth(self):
        return "m"


TABLE = [old_name]
