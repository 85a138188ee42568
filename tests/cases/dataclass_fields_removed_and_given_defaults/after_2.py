from dataclasses import dataclass, field, asdict


@dataclass
class P:
    x: int
    z: int = 60
    more: dict = field(default_factory=dict)
    tags: list = field(default_factory=list)

    def show(self):
        return asdict(self)
