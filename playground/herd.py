"""A meadow with 300 sheep that live on through every edit of their class.

    python -m livepatch playground/herd.py

Every sheep was made once, at the start. Change a method of `Sheep`, save, and the same 300
objects behave in the new way: their places, their wool and their age are kept. Every line
is the meadow seen from above, darker where more sheep stand. Stop with Ctrl-C.
"""

import random
import time

MEADOW = 64
SHADES = " .:-=+*%@"  # change this line: " ,oO0" draws another herd


class Sheep:
    """One sheep: where it stands, how old it is, how much wool it carries."""

    def __init__(self, place):
        self.place = place
        self.age = 0
        self.wool = 0.0

    def step(self):
        """Walk one step."""
        self.age += 1
        self.wool += 0.1
        self.place += random.choice((-1, 0, 1))  # change this line: (-1, 0, 3) and they drift
        self.place %= MEADOW

    @property
    def is_woolly(self):
        """Say whether the shears are due."""
        return self.wool > 2  # change this line: > 0.5 keeps the shearer busy

    def shear(self):
        """Give the wool."""
        wool, self.wool = self.wool, 0.0
        return wool


def draw(herd):
    """Give the meadow as one line of text."""
    crowd = [0] * MEADOW
    for sheep in herd:
        crowd[sheep.place] += 1
    return "".join(SHADES[min(number, len(SHADES) - 1)] for number in crowd)


def day(herd):
    """Let every sheep live one step; give the wool of the day."""
    wool = 0.0
    for sheep in herd:
        sheep.step()
        if sheep.is_woolly:
            wool += sheep.shear()
    return wool


def main():
    """Keep the herd until Ctrl-C."""
    herd = [Sheep(random.randrange(MEADOW)) for _ in range(300)]
    while True:
        wool = day(herd)
        print(f"|{draw(herd)}| day {herd[0].age:>3}  wool {wool:6.1f}", flush=True)
        time.sleep(0.4)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("the herd goes home")
