"""The one watcher for the files of marked definitions, where nobody watches their folders.

It starts with the first file and ends with the process.
"""

from __future__ import annotations

import atexit
import threading
from collections.abc import Callable

from livepatch.model import Patch
from livepatch.watching.reporter import Reporter, standard_error
from livepatch.watching.watcher import Watcher

Apply = Callable[[frozenset[str]], object]


class MarkedFiles:
    """Calls `apply` with the real paths of the files given to `add` that may have changed.

    A file may have a way of its own to be applied; the others of a batch go together.

    Patches are reported to standard error, unless `reported` says that somebody else does.
    """

    def __init__(
        self,
        *,
        apply: Apply,
        tracked: Callable[[str], bool],
        reported: Callable[[], bool],
    ) -> None:
        """Watch nothing yet; no thread runs."""
        self._apply = apply
        self._tracked = tracked
        self._reported = reported
        self._lock = threading.Lock()  # guards the start
        self._watcher: Watcher | None = None
        self._ways: dict[str, Apply] = {}
        self.reporter = Reporter(standard_error())

    def report(self, patch: Patch) -> None:
        """Report `patch`, unless somebody else does."""
        if not self._reported():
            self.reporter.report(patch)

    def add(self, file: str, apply: Apply | None = None) -> None:
        """Have `file` watched, and handed to `apply` where that is given."""
        if apply is not None:
            self._ways[file] = apply
        with self._lock:
            watcher = self._watcher
            if watcher is None:
                watcher = self._watcher = Watcher(
                    apply=self._hand_out, tracked=self._tracked, warn=self.reporter.message
                )
                watcher.start()
                atexit.register(watcher.stop)
        watcher.add_file(file)

    def _hand_out(self, files: frozenset[str]) -> None:
        for way in {self._ways.get(file, self._apply) for file in files}:
            way(frozenset(f for f in files if self._ways.get(f, self._apply) == way))

    def stop(self) -> None:
        """Watch nothing any more; the next `add` begins anew."""
        with self._lock:
            watcher, self._watcher = self._watcher, None
        if watcher is not None:
            atexit.unregister(watcher.stop)
            watcher.stop()
