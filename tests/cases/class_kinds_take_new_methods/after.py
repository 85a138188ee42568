import enum
import typing


class Point(typing.NamedTuple):
    x: int

    def show(self):
        return ("new", self.x)


class Quick(typing.Protocol):
    def go(self):
        return "new"


class Runner(Quick):
    pass


class Level(enum.IntEnum):
    LOW = 1

    def show(self):
        return "new"


class Slotted:
    __slots__ = ("a",)

    def show(self):
        return "new"


class Failure(Exception):
    def show(self):
        return "new"
