class C:
    def a(self):
        return "a2"

    b = a

    def __repr__(self):
        return "r2"

    __str__ = __repr__
