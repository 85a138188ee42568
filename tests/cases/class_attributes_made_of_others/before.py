def mk(n):
    return [n]


class C:
    A = 1
    B = mk(A)
    D = {k: k for k in range(3)}

    def f(self):
        return self.B
