def mk(n):
    return [n]


class C:
    A = 1
    B = mk(A + 1)
    D = {k: k * 2 for k in range(3)}
    E = [x for x in D]

    def f(self):
        return self.B
