from dataclasses import dataclass, field, asdict


@dataclass
class P:
    x: int
    z: int = 6
    tags: list = field(default_factory=list)

    def show(self):
        return asdict(self)
