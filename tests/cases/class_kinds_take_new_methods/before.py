import enum
import typing


class Point(typing.NamedTuple):
    x: int

    def show(self):
        return ("old", self.x)


class Quick(typing.Protocol):
    def go(self):
        return "old"


class Runner(Quick):
    pass


class Level(enum.IntEnum):
    LOW = 1

    def show(self):
        return "old"


class Slotted:
    __slots__ = ("a",)

    def show(self):
        return "old"


class Failure(Exception):
    def show(self):
        return "old"
