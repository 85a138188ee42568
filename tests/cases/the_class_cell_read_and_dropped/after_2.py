class A:
    def f(self):
        return "A"


class B(A):
    def f(self):
        return super().f() + "again"

    def g(self):
        return __class__

    @classmethod
    def k(cls):
        return super().__init_subclass__ is not None
