from functools import singledispatchmethod
class F:
    @singledispatchmethod
    def fmt(self, x): return 'obj'
    @fmt.register
    def _(self, x: int): return 'int'
    @fmt.register
    def _(self, x: str): return 'str'
