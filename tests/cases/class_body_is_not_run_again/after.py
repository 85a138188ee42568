RUNS = []


class Meta(type):
    def __new__(meta, name, bases, namespace):
        RUNS.append(("meta", name))
        return super().__new__(meta, name, bases, namespace)


class Base(metaclass=Meta):
    def __init_subclass__(cls):
        RUNS.append(("subclass", cls.__name__))


class C(Base):
    RUNS.append("body")
    shared = []
    limit = 10
    added = limit + 1

    def m(self):
        return "new"
