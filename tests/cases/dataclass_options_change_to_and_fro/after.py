from dataclasses import dataclass
@dataclass(frozen=True, order=True)
class P:
    a: int
