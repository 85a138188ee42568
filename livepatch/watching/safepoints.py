"""Where in the program a patch may happen: at once, at a checkpoint, or between steps of a loop."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from livepatch.errors import UsageError

if TYPE_CHECKING:
    from livepatch.model import Patch

Apply = Callable[[frozenset[str]], Any]

_due: deque[Waiting] = deque()


class Waiting:
    """Files that were saved and wait for the next checkpoint."""

    def __init__(self, apply: Apply) -> None:
        """Have nothing waiting."""
        self._apply = apply
        self._files: frozenset[str] = frozenset()
        self._lock = threading.Lock()  # guards _files

    def add(self, files: frozenset[str]) -> None:
        """Have `files` applied at the next checkpoint, together with what waits already."""
        with self._lock:
            is_first = not self._files
            self._files |= files
        if is_first:
            _due.append(self)

    def apply(self) -> Patch:
        """Apply what waits."""
        with self._lock:
            files, self._files = self._files, frozenset()
        patch: Patch = self._apply(files)
        return patch


def checkpoint() -> Patch | None:
    """Apply here what was saved since the last time; give the patch, None where there is nothing.

    The place for it is where the program's state is whole: between two frames of a game, two
    batches of a training, two jobs of a worker. It costs nanoseconds when there is nothing to do.
    """
    if not _due:
        return None
    return _apply_due()


def _apply_due() -> Patch | None:
    patch = None
    while _due:
        try:
            waiting = _due.popleft()
        except IndexError:  # another thread was at a checkpoint at the same moment
            break
        patch = waiting.apply()
    return patch


def applier(apply: Apply, where: Any) -> Callable[[frozenset[str]], object]:
    """Give what a watcher calls with changed files, for `watch(apply=where)`."""
    if where == "now":
        return apply
    if where == "checkpoint":
        return Waiting(apply).add
    schedule = getattr(where, "call_soon_threadsafe", None)
    if schedule is None:
        message = f"watch: apply is 'now', 'checkpoint' or an event loop, not {where!r}"
        raise UsageError(message)

    def on_loop(files: frozenset[str]) -> None:
        try:
            schedule(apply, files)
        except RuntimeError:  # the loop is closed: there is nobody left to disturb
            apply(files)

    return on_loop
