class Gzip:
    level = 3

    def __init__(self, app):
        self.app = app

    def answer(self):
        return ("alone", self.app)

    @property
    def name(self):
        return "alone"

    @classmethod
    def make(cls, app):
        return cls(app * 3)

    @staticmethod
    def size(n):
        return n + 2

    class Inner:
        def go(self):
            return 3


class Sub(Gzip):
    def answer(self):
        return ("sub", *super().answer())
