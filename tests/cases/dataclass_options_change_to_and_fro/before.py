from dataclasses import dataclass
@dataclass
class P:
    a: int
