from c import base
class B:
    def f(self): return base()
