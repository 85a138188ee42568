class C:
    n = 3

    def a(self):
        return self.n

    @staticmethod
    def b():
        return 1

    @classmethod
    def c(cls):
        return cls.n

    @property
    def d(self):
        return self.n

    @d.setter
    def d(self, value):
        self.n = value

    def e(self):
        return 1
