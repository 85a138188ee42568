"""Decides when a batch of changed files is ready; pure, the clock is an argument.

A save that is known to be finished is ready after the settle, in which nothing else came.
Where more is likely to come (a file still being written, one that vanished or is empty, several
files at once) the batch waits for `debounce` seconds of quiet.
"""

from __future__ import annotations

from typing import Final

SETTLE: Final = 0.0015
"""Files written one after another come 0.1 to 0.5 ms apart; a person saves one at a time.

With a millisecond one burst in a hundred was torn, whose writer slept for 0.3 ms between files.
"""

SLICE: Final = 0.005
"""Where more threads want to run than there are processors, the writer of a burst may lose its
turn between two files: 5 of 100 bursts were torn until the settle took account of it.
"""

BREATH: Final = 0.01

LULL: Final = 0.025
"""The seconds between two looks at a burst. A thread that wakes beside one that is never idle waits
for its turn, and is woken for nothing at each system call of that one: 0.4 ms of uvicorn's time.
"""

PATIENCE: Final = 5.0
"""A batch that never falls quiet is applied after this many seconds."""


class Quiet:
    """The files that wait to be applied, and until when."""

    def __init__(self, *, debounce: float) -> None:
        """Have nothing pending."""
        self._debounce = debounce
        self._settle = min(SETTLE, debounce)
        self._pending: dict[str, bool] = {}
        self._first = 0.0
        self._last = 0.0

    @property
    def pending(self) -> frozenset[str]:
        """The files that wait."""
        return frozenset(self._pending)

    @property
    def unfinished(self) -> list[str]:
        """The files that wait, and of which nobody said that their writer is done."""
        return [file for file, complete in self._pending.items() if not complete]

    @property
    def lull(self) -> float:
        """The seconds for which nobody need look at what else changes, in the middle of a burst.

        To be woken for each of its files costs a busy program more than all else about them.
        """
        return min(LULL, self._debounce / 2) if len(self._pending) > 1 else 0.0

    def add(self, file: str, *, complete: bool, now: float) -> None:
        """Note that `file` changed at `now`; the newest word about a file counts."""
        if not self._pending:
            self._first = self._last = now
            self.contend(0.0)
        self._pending[file] = complete
        self._last = max(self._last, now)

    def contend(self, excess: float) -> None:
        """Settle as a machine needs it where `excess` more threads per processor want to run.

        It is asked once the batch seems ready: who is to write more is among them by then.
        """
        self._settle = min(SETTLE + SLICE * excess, self._debounce)

    def touch(self, now: float) -> None:
        """Begin the quiet time anew, for everything that waits, as if it were a burst."""
        for file in self._pending:
            self._pending[file] = False
        self._last = max(self._last, now)
        self._first = now

    def due(self) -> float | None:
        """Give the time at which the batch is ready if nothing more comes; None without one."""
        if not self._pending:
            return None
        alone = len(self._pending) == 1 and all(self._pending.values())
        ready = self._last + (self._settle if alone else self._debounce)
        return min(ready, self._first + max(PATIENCE, self._debounce))

    def take(self) -> frozenset[str]:
        """Give the files of the batch; nothing is pending afterwards."""
        files = frozenset(self._pending)
        self._pending.clear()
        return files
