import dataclasses


def hidden(cls):
    class Stand(cls):
        pass

    Stand.__qualname__ = "Stand"
    return Stand


@hidden
class Base:
    def go(self):
        return 1


@dataclasses.dataclass
class Stats:
    size: int = 1


class Error(Exception):
    code = 1


Stats.__module__ = Error.__module__ = "elsewhere"
