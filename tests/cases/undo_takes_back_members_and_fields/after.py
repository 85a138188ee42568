import enum
from dataclasses import dataclass


class E(enum.Enum):
    A = 1
    B = 2


@dataclass
class P:
    x: int = 1
    y: int = 2
