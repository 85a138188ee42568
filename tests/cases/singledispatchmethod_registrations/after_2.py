from functools import singledispatchmethod
class F:
    @singledispatchmethod
    def fmt(self, x): return 'object'
    @fmt.register
    def _(self, x: int): return 'INT'
    @fmt.register
    def _(self, x: list): return 'list'
    @fmt.register(float)
    def _f(self, x): return 'float'
