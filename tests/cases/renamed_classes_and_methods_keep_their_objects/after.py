def new_name(x):
    return x * 2


class NewC:
    def f(self):
        return "f1"


class K:
    def method(self):
        return "m"


TABLE = [new_name]
