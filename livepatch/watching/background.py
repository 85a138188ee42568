"""What a thread must mind so that the program does not notice it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterable
from typing import Final

_SIGNALS: Final = frozenset(range(1, 32)) & frozenset(map(int, signal.valid_signals()))
"""The classic signals; the real-time ones would double the price of changing the mask."""

_PROCESSORS: Final = os.cpu_count() or 1


def block_signals() -> frozenset[int] | None:
    """Take no signal in this thread from now on; give the mask that was in force.

    A program that blocks a signal in its own threads and waits for it with `sigwait` would be
    ended by it if one more thread were there to take it.
    """
    if sys.platform == "win32":
        return None
    return frozenset(signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS))


class Chores:
    """What is done piece by piece from `due` on, where nothing else is to be done."""

    def __init__(self, pieces: Iterable[object], *, due: float) -> None:
        """Have done nothing; a piece is done by asking `pieces` for its next value."""
        self._pieces = iter(pieces)
        self.due: float | None = due if pieces else None

    def advance(self) -> None:
        """Do one piece; with the last one, or one that fails, `due` is None."""
        due, self.due = self.due, None
        for _ in self._pieces:
            self.due = due
            return


def excess_load() -> float:
    """Give how many threads per processor want to run now and cannot; 0.0 if unknown."""
    try:
        # Three calls of the system: a busy program would take its turn at each of more.
        descriptor = os.open("/proc/loadavg", os.O_RDONLY)
        try:
            running = int(os.read(descriptor, 128).split()[3].partition(b"/")[0])
        finally:
            os.close(descriptor)
    except (OSError, ValueError, IndexError):
        return 0.0
    return max(0, running - _PROCESSORS) / _PROCESSORS


def restore_signals(mask: frozenset[int] | None) -> None:
    """Put `mask` in force again, so that what this thread starts does not inherit the block."""
    if sys.platform != "win32" and mask is not None:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)


def await_exit(thread: threading.Thread) -> None:
    """Wait until the system has no `thread` any more; before 3.13 `join` returns sooner.

    `os.fork` counts the threads that the system has when it decides whether to warn.
    """
    task = f"/proc/self/task/{thread.native_id}"
    for _ in range(100):
        if thread.is_alive() or not os.path.exists(task):  # noqa: PTH110  not worth pathlib
            return
        time.sleep(0.0001)


def traceback_text() -> str:
    """Give the text of the exception at hand."""
    import traceback  # noqa: PLC0415  10 ms that a program without errors does not pay

    return traceback.format_exc()
