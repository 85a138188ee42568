from dataclasses import dataclass
@dataclass(unsafe_hash=True, repr=False)
class P:
    a: int
