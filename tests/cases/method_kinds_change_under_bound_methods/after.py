class C:
    tag = 'C'
    @classmethod
    def a(cls): return cls.tag
    @staticmethod
    def b(): return 'now static'
    def c(self): return self.tag
class D(C):
    tag = 'D'
