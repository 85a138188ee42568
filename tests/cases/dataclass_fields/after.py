from dataclasses import dataclass


@dataclass
class P:
    x: int
    y: int = 2
    z: int = 30

    def total(self):
        return self.x + self.y + self.z
