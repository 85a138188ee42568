import dataclasses


def hidden(cls):
    class Stand(cls):
        pass

    Stand.__qualname__ = "Stand"
    return Stand


@hidden
class Base:
    def go(self):
        return 2

    def added(self):
        return 3


@dataclasses.dataclass
class Stats:
    size: int = 2
    peak: int = 3


class Error(Exception):
    code = 4


Stats.__module__ = Error.__module__ = "elsewhere"
