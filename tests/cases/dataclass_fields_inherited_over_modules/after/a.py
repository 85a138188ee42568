from dataclasses import dataclass
@dataclass
class A:
    w: str
    x: int
