REG = []


class Base:
    def __init_subclass__(cls, **kw):
        REG.append((cls.__name__, kw))


class A(Base, tag=1):
    k = 5

    def f(self):
        return 2

    def g(self):
        return self.k
