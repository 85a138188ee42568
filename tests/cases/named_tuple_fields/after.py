from typing import NamedTuple


class P(NamedTuple):
    x: int
    y: int = 0

    def total(self):
        return self.x * 100 + self.y
