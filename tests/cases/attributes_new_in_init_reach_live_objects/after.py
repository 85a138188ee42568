class C:
    def __init__(self, n):
        self.n = n
        self.tries = 3
        self.log = []

    def f(self):
        return (self.n, self.tries, self.log)


class D(C):
    pass
