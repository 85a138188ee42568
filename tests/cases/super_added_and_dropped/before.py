class A:
    def go(self):
        return ["A"]


class B(A):
    def go(self):
        return ["B"]

    def stay(self):
        return [*super().go(), "stay"]
