class C:
    tag = 'C'
    @property
    def a(self): return self.tag + 'p'
    def b(self): return self.tag
    @classmethod
    def c(cls): return cls.tag
class D(C):
    tag = 'D'
