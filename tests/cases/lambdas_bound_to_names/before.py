plain = lambda x: ("old", x)


class C:
    key = lambda self, k=1: ("old", k)


TABLE = {"f": lambda x: ("old", x)}
