class C:
    A = 1
    B = A + 1
    names = [n for n in ('x', 'y')]
    def f(self): return (self.A, self.B)
