from dataclasses import dataclass


@dataclass
class P:
    x: int
    y: int = 2

    def total(self):
        return self.x + self.y
