CALLS = []


class Meta(type):
    def __setattr__(cls, name, value):
        CALLS.append(name)
        super().__setattr__(name, value)


class C(metaclass=Meta):
    limit = 2

    def m(self):
        return "new"

    def added(self):
        return "new"
