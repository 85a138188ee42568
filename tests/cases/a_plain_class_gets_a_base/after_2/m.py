class Base:
    def hi(self):
        return "hi"


class C(Base):
    def __init__(self):
        self.n = 1

    def own(self):
        return -self.n
