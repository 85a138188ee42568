class Gzip:
    level = 1

    def __init__(self, app):
        self.app = app

    def answer(self):
        return ("gzip", self.app)

    @property
    def name(self):
        return "gzip"

    @classmethod
    def make(cls, app):
        return cls(app)

    @staticmethod
    def size(n):
        return n

    def gone(self):
        return "gone"

    class Inner:
        def go(self):
            return 1


class Sub(Gzip):
    def answer(self):
        return ("sub", *super().answer())
