from a import A


class B(A):
    def f(self):
        return super().f() + "b"
