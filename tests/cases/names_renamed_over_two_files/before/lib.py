def old_name(x): return x + 1
class OldClass:
    def m(self): return old_name(1)
