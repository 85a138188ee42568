"""A long training run whose learning rate, loss and progress line you change on the way.

    python -m livepatch playground/train.py

The model below learns a straight line from noisy points. Start it, see the loss creep, and
change a marked line: the weights and the epoch are kept, the next epoch uses the new code.
Stop with Ctrl-C.
"""

import random
import time


class Model:
    """Two numbers that have to become 3 and -2."""

    def __init__(self):
        self.slope = 0.0
        self.offset = 0.0

    def predict(self, x):
        """Give the guess for `x`."""
        return self.slope * x + self.offset


def rate(epoch):
    """Give the learning rate of this epoch."""
    return 0.0005  # change this line: 0.02 learns in no time, 1.5 explodes


def loss(error):
    """Give the loss of one guess, and its slope."""
    return error * error, 2 * error  # change this line: abs(error), (error > 0) - (error < 0)


def train(model, points, epoch):
    """Go over all points once; give the mean loss."""
    total = 0.0
    for x, y in points:
        value, slope = loss(model.predict(x) - y)
        total += value
        model.slope -= rate(epoch) * slope * x
        model.offset -= rate(epoch) * slope
    return total / len(points)


def progress(epoch, mean, model):
    """Give the line that is shown after each epoch."""
    bar = "#" * min(40, round(mean * 10))  # change this line: another character
    return f"epoch {epoch:>4}  y = {model.slope:+.3f} x {model.offset:+.3f}  loss {mean:8.4f} {bar}"


def main():
    """Train until Ctrl-C."""
    chance = random.Random(7)
    xs = [chance.uniform(-1, 1) for _ in range(20)]
    points = [(x, 3 * x - 2 + chance.gauss(0, 0.05)) for x in xs]
    model, epoch = Model(), 0
    while True:
        epoch += 1
        print(progress(epoch, train(model, points, epoch), model), flush=True)
        time.sleep(0.5)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("training stopped")
