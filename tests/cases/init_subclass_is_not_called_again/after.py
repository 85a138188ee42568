REG = []


class Base:
    def __init_subclass__(cls, **kw):
        REG.append((cls.__name__, kw))


class A(Base, tag=1):
    def f(self):
        return 2
