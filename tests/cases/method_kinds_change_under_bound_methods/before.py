class C:
    tag = 'C'
    def a(self): return 'inst'
    @classmethod
    def b(cls): return 'cls'
    @staticmethod
    def c(): return 'static'
class D(C):
    tag = 'D'
