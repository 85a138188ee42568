from dataclasses import dataclass, field
@dataclass
class P:
    a: int
    b: list = field(default_factory=list)
