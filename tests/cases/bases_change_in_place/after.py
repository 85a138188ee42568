class A:
    def who(self):
        return "A"


class B:
    def who(self):
        return "B"


class C(B):
    def both(self):
        return (super().who(), self.who())


class D(C):
    pass
