class C:
    def a(self):
        return "a1"

    b = a

    def __repr__(self):
        return "r1"

    __str__ = __repr__
