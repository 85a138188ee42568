from b import B
class A(B):
    def extra(self): return '+'
    def f(self): return 'a' + super().f()
