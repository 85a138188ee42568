plain = lambda x, y=2: ("new", x, y)


class C:
    key = lambda self, k=5: ("new", k)


TABLE = {"f": lambda x: ("new", x)}
