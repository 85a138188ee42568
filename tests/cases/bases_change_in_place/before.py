class A:
    def who(self):
        return "A"


class B:
    def who(self):
        return "B"


class C(A):
    def both(self):
        return self.who()


class D(C):
    pass
