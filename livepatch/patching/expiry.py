"""Patches that end by themselves: for a log line that is wanted for ten minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable

from livepatch.model import Note, Patch, PatchKind
from livepatch.patching.patcher import Patcher


class Expiry:
    """Undoes each patch `seconds` after it was made, when nothing newer lies on top of it."""

    def __init__(self, patcher: Patcher, seconds: float) -> None:
        """Let the patches that `patcher` makes from now on expire."""
        self._patcher = patcher
        self._seconds = seconds
        self._over: set[int] = set()
        self._timers: dict[int, threading.Timer] = {}
        self._remove = patcher.on_patch(self._begin)

    def stop(self) -> None:
        """Let nothing expire any more; what has not expired yet stays."""
        self._remove()
        for timer in list(self._timers.values()):
            timer.cancel()
        self._timers.clear()

    def _begin(self, patch: Patch) -> None:
        if not patch.number or patch.kind is PatchKind.UNDO:
            return
        timer = threading.Timer(self._seconds, self._expire, (patch.number,))
        timer.name, timer.daemon = "livepatch-expiry", True
        self._timers[patch.number] = timer
        timer.start()

    def _expire(self, number: int) -> None:
        """Undo the newest patches whose time is over; an older one waits for what covers it."""
        self._timers.pop(number, None)
        self._over.add(number)
        while (newest := self._patcher.newest()) in self._over:
            self._over.discard(newest)
            message = f"patch {newest} was made for {self._seconds:g} s and was undone"
            if not self._patcher.undo_through(newest, Note("ttl", "", "", 0, message)):
                return


def expire(patcher: Patcher, seconds: float) -> Callable[[], None]:
    """Let the patches of `patcher` end after `seconds`; gives what ends that."""
    return Expiry(patcher, seconds).stop
