"""Finds changed files without events: by what the file system says about the tracked ones.

A file whose newest time lies within two seconds of the moment when it was looked at is
*racy*: it can change once more without a new time (FAT keeps two seconds, older kernels one
tick). Its content is compared until it has aged.
"""

# ruff: noqa: PTH116, PTH123
# (pathlib would add 3 ms to the start of every program)
from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from livepatch.watching.events import FileEvent

_RACY: Final = 2_000_000_000
_EMPTY: Final = 0.5  # seconds
_COARSE: Final = 2.0  # seconds
_FINE: Final = 0.05

_COARSE_CLOCK: Final = 5 if sys.platform.startswith("linux") else None
"""CLOCK_REALTIME_COARSE, from which Linux takes the times of files: it advances in ticks."""
_TICK: Final = int(time.clock_getres(_COARSE_CLOCK) * 1e9) if _COARSE_CLOCK else 0
_SLEW: Final = 20_000

Signature = tuple[int, int, int, int]


class _Seen(NamedTuple):
    """What a file was like when it was looked at; `digest` is None for one that was not read."""

    signature: Signature | None
    digest: int | None
    racy: bool


_ABSENT: Final = _Seen(None, digest=0, racy=False)


class Poller:
    """Compares files with what they were at the last look."""

    def __init__(self, *, wall: Callable[[], int] = time.time_ns) -> None:
        """Compare nothing yet; `wall` is the clock that the file system uses."""
        self._wall = wall
        self._seen: dict[str, _Seen] = {}

    def __len__(self) -> int:
        """Give the number of files compared."""
        return len(self._seen)

    def add(self, file: str) -> None:
        """Compare `file` from now on with what it is now."""
        if file not in self._seen:
            self._seen[file] = self._look(file)

    def scan(self) -> list[FileEvent]:
        """Give an event for each file that differs from the last look.

        None is complete: that the writer has finished is only known when a later scan finds
        nothing new. A change of times alone is no event where the content is known.
        """
        events = []
        for file, before in list(self._seen.items()):
            signature = signature_of(file)
            if signature == before.signature and not before.racy:
                continue
            after = self._seen[file] = self._look(file)
            if after.digest != before.digest or (before.digest is None and not before.racy):
                events.append(FileEvent(file, complete=False))
        return events

    def _look(self, file: str) -> _Seen:
        """Give what `file` is now, with the signature from before its content was read."""
        signature = signature_of(file)
        if signature is None:
            return _ABSENT
        digest = None
        racy = self._wall() - max(signature[0], signature[1]) < _RACY
        if racy or file in self._seen:
            try:
                with open(file, "rb", buffering=0) as stream:
                    digest = hash(stream.read())
            except OSError:
                return _ABSENT
        return _Seen(signature, digest, racy)


def signature_of(file: str) -> Signature | None:
    """Give the times, size and identity of `file`; None where it is not there."""
    try:
        found = os.stat(file)
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino


def may_be_newer(file: str, since: float) -> bool:
    """Tell whether `file` may have been written after `since` (wall clock), or is not there.

    File times lag behind the clock: by a tick of the kernel, and by two seconds where they are
    kept in whole seconds (FAT).
    """
    found = signature_of(file)
    if found is None:
        return True
    lag = _COARSE if found[0] % 1_000_000_000 == 0 else _FINE
    return max(found[0], found[1]) >= (since - lag) * 1e9


def is_just_emptied(file: str) -> bool:
    """Tell whether `file` is empty since a moment ago: who saves it is about to write its text.

    On a busy machine the one who saves may lose the processor between the two.
    """
    found = signature_of(file)
    return found is not None and found[2] == 0 and 0 <= time.time() - found[0] / 1e9 < _EMPTY


def seconds_since_written(file: str) -> float | None:
    """Give how long ago, at least, `file` was last written; None if it is empty or not there."""
    found = signature_of(file)
    if found is None or found[2] == 0:
        return None
    written = max(found[0], found[1])
    age = time.time_ns() - written - _inaccuracy(written)
    return min(max(age / 1e9, 0.0), 1.0)


def _inaccuracy(written: int) -> int:
    """Give how far the file time `written` may lie before the event, in nanoseconds.

    Linux 6.13 and newer give the exact time to a file whose time had been asked for since its
    last change, as ours has been. It is told by not lying a whole number of ticks in the past.
    """
    if sys.platform == "win32" or _COARSE_CLOCK is None or not _TICK:
        return 0
    remainder = (time.clock_gettime_ns(_COARSE_CLOCK) - written) % _TICK
    return 0 if _SLEW < remainder < _TICK - _SLEW else _TICK
