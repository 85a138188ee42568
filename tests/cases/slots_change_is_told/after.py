class C:
    __slots__ = ("a", "b")

    def get(self):
        return ("new", self.a)
