class M1(type):
    def who(cls):
        return "M1"


class M2(type):
    def who(cls):
        return "M2"


class C(metaclass=M2):
    pass
