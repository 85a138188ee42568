from dataclasses import dataclass
@dataclass(eq=False)
class P:
    a: int
