class A:
    def f(self):
        return "A"


class B(A):
    def f(self):
        return "b"

    def g(self):
        return "plain"

    @classmethod
    def k(cls):
        return super().__init_subclass__ is not None
