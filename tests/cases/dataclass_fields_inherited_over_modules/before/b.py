from dataclasses import dataclass
import a
@dataclass
class B(a.A):
    y: int
