"""A clock that ticks once a second; its words can be changed while it runs.

    python -m livepatch playground/tick.py

Leave it running, change a line that is marked below, save, and watch the next tick. The
count goes on: nothing is restarted. Stop with Ctrl-C.
"""

import time

PAUSE = 1.0  # change this line: 0.2 makes the clock hurry


def face(tick):
    """Give the sound of the clock at this tick."""
    word = "tick" if tick % 2 else "tock"  # change this line: "ding" for "tick"
    return f"{tick:>5}  {word}"


def ornament(tick):
    """Give the pendulum."""
    width = 16
    place = abs(tick % (2 * width) - width)
    return " " * place + "o"  # change this line: another bob than "o"


def main():
    """Tick until Ctrl-C.

    This loop never returns, so an edit of its own body waits until somebody calls `main`
    again; the functions that it calls are new at the next tick.
    """
    tick = 0
    while True:
        tick += 1
        print(face(tick), ornament(tick), flush=True)
        time.sleep(PAUSE)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("the clock stops")
