class C:
    __slots__ = ("a",)

    def get(self):
        return ("old", self.a)
