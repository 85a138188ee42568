def new_name(x): return x + 1
class NewClass:
    def m(self): return new_name(1)
