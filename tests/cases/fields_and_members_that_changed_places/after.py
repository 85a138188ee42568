import dataclasses
import enum
import typing


@dataclasses.dataclass
class Point:
    y: int = 2
    x: int = 1


class Pair(typing.NamedTuple):
    right: int = 2
    left: int = 1


class Colour(enum.Enum):
    BLUE = enum.auto()
    RED = enum.auto()


class Plain:
    weight = 2
    size = 1


Plain.size = 10
