from c import root
class B:
    def f(self): return root() + self.extra()
