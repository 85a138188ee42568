class A:
    def go(self):
        return ["a"]


class B(A):
    def go(self):
        return [__class__.__name__, *super().go()]

    def stay(self):
        return ["stay"]
