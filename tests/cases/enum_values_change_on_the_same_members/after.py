import enum


class Color(enum.Enum):
    RED = 10
    BLUE = 2


class Lvl(enum.IntEnum):
    LOW = 1
    HIGH = 6
    TOP = 9


class F(enum.Flag):
    A = enum.auto()
    B = enum.auto()
    C = enum.auto()
