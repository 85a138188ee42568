class A:
    def f(self):
        return "A"


class B(A):
    def f(self):
        return "B" + super().f()

    def g(self):
        return __class__.__name__

    @classmethod
    def k(cls):
        return super().__init_subclass__ is not None
