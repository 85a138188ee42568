from enum import Enum, auto
class A(Enum):
    @staticmethod
    def _generate_next_value_(name, start, count, last): return name.lower()
    X = auto()
    Y = auto()
    @classmethod
    def _missing_(cls, v): return cls.X
