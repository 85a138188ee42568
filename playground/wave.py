"""A game loop: one frame every 60 ms, drawn by a formula that you change as it scrolls.

    python -m livepatch playground/wave.py

Save another formula and the curve bends at the next frame. Save a broken one and the wave
rolls on as before, while the report shows the line. Stop with Ctrl-C.
"""

import math
import time

FRAME = 0.06
WIDTH = 60


def height(t):
    """Give the height of the wave at time `t`, from -1 to 1."""
    return math.sin(t)  # change this line: math.sin(t) * math.cos(t / 7)


def brush(speed):
    """Give the character to draw with."""
    return "*" if abs(speed) > 0.5 else "o"  # change this line: any two characters


class Scene:
    """The state of the game: it is made once and outlives every edit."""

    def __init__(self):
        self.time = 0.0
        self.last = 0.0

    def advance(self):
        """Move on by one frame."""
        self.last = height(self.time)
        self.time += 0.15

    def draw(self):
        """Give the frame as one line."""
        now = height(self.time)
        column = round((now + 1) / 2 * WIDTH)
        return " " * max(0, min(WIDTH, column)) + brush((now - self.last) / 0.15)


def main():
    """Draw frames until Ctrl-C."""
    scene = Scene()
    while True:
        scene.advance()
        print(scene.draw(), flush=True)
        time.sleep(FRAME)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("the sea is calm")
