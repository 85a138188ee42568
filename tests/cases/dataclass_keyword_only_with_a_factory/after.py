from dataclasses import dataclass, field
@dataclass(kw_only=True)
class P:
    a: int
    b: list = field(default_factory=list, repr=False)
    c: dict = field(default_factory=dict)
    d: int = field(default=7, compare=False)
