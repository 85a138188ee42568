class Deco:
    __slots__ = ('fn', 'calls')
    def __init__(self, fn): self.fn = fn; self.calls = 0
    def __get__(self, o, t=None):
        import types
        return self if o is None else types.MethodType(self, o)
    def __call__(self, *a):
        self.calls += 1
        return self.fn(*a)
class C:
    @Deco
    def m(self, x): return x
@Deco
def f(x): return x
