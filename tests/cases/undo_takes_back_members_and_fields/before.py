import enum
from dataclasses import dataclass


class E(enum.Enum):
    A = 1


@dataclass
class P:
    x: int = 1
