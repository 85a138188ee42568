def new_name(x):
    return x * 3


class NewC:
    def f(self):
        return "f2"


class K:
    def method(self):
        return "m"


TABLE = [new_name]
