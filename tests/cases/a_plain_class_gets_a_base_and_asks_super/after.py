class Plain:
    def __init__(self, app):
        self.app = app

    def answer(self):
        return ("plain", self.app)

    @property
    def name(self):
        return "plain"

    @classmethod
    def make(cls, app):
        return cls(app)


class Gzip(Plain):
    level = 2

    def __init__(self, app):
        super().__init__(app)
        self.buffer = []

    def answer(self):
        return ("gzip", *super().answer(), self.buffer)

    @property
    def name(self):
        return "gzip on " + super().name

    @classmethod
    def make(cls, app):
        return super().make(app * 2)

    @staticmethod
    def size(n):
        return n + 1

    def added(self):
        return __class__

    class Inner:
        def go(self):
            return 2


class Sub(Gzip):
    def answer(self):
        return ("sub", *super().answer())
