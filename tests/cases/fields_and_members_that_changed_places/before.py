import dataclasses
import enum
import typing


@dataclasses.dataclass
class Point:
    x: int = 1
    y: int = 2


class Pair(typing.NamedTuple):
    left: int = 1
    right: int = 2


class Colour(enum.Enum):
    RED = enum.auto()
    BLUE = enum.auto()


class Plain:
    size = 1
    weight = 2


Plain.size = 10
