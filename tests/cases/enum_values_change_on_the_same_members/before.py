import enum


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Lvl(enum.IntEnum):
    LOW = 1
    HIGH = 5


class F(enum.Flag):
    A = enum.auto()
    B = enum.auto()
