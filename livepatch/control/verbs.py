"""What can be asked of a running process: requests to replies, both plain data."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Collection
from typing import Any

from livepatch.control import wire
from livepatch.errors import LivepatchError
from livepatch.model import Patch
from livepatch.patching import survey
from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import real_path

Reply = dict[str, Any]


class Verbs:
    """Answers requests about one process, whose code `patcher` changes."""

    def __init__(
        self,
        patcher: Patcher,
        *,
        adopt: Callable[[], object],
        roots: Collection[str],
        since: float | None = None,
    ) -> None:
        """Answer nothing yet; `adopt` has modules tracked that were imported unseen.

        `since` is when the watch began, now where it is not given.
        """
        self._patcher = patcher
        self._adopt = adopt
        self._roots = tuple(roots)
        self._since = time.time() if since is None else since
        self._verbs: dict[str, Callable[[Reply], Any]] = {
            "status": self._status,
            "history": self._history,
            "diff": self._diff,
            "undo": self._undo,
            "redo": self._redo,
            "apply": self._apply,
            "drift": self._drift,
        }

    def answer(self, request: Reply) -> Reply:
        """Give the reply to `request`; an error is a reply too."""
        verb = self._verbs.get(str(request.get("verb")))
        if verb is None:
            known = ", ".join(self._verbs)
            return {
                "ok": False,
                "error": f"unknown verb {request.get('verb')!r}; known: {known}",
            }
        try:
            return {"ok": True, "result": verb(request)}
        except LivepatchError as error:
            return {"ok": False, "error": str(error), "slug": error.slug}
        except Exception as error:  # noqa: BLE001  the control thread is a boundary
            return {"ok": False, "error": f"{type(error).__name__}: {error}"}

    def _status(self, _: Reply) -> Reply:
        patches = self._patcher.history()
        registry = self._patcher.registry
        return {
            "pid": os.getpid(),
            "command": [sys.executable, *sys.orig_argv[1:]],
            "folder": os.getcwd(),  # noqa: PTH109  a fact to send
            "python": sys.version.partition(" ")[0],
            "since": self._since,
            "roots": list(self._roots),
            "files": len(self._patcher.files()),
            "held": [tracked.file for tracked in registry if tracked.held],
            "unknown": [tracked.file for tracked in registry if tracked.is_late],
            "patches": len(patches),
            "newest": wire.fields_of(patches[-1]) if patches else None,
            "threads": threading.active_count(),
        }

    def _history(self, request: Reply) -> list[Reply]:
        count = int(request.get("n") or 0)
        patches = self._patcher.history()
        return [wire.fields_of(patch) for patch in patches[-count:]]

    def _diff(self, request: Reply) -> str:
        return self._patcher.diff(request.get("n"))

    def _undo(self, request: Reply) -> Reply:
        return self._fields(self._patcher.undo(int(request.get("n") or 1)))

    def _redo(self, request: Reply) -> Reply:
        return self._fields(self._patcher.redo(int(request.get("n") or 1)))

    def _apply(self, request: Reply) -> Reply:
        self._adopt()
        files = self._files(request)
        for tracked in self._patcher.registry:
            if files is None or tracked.file in files:
                tracked.look_again()  # what was undone is on disk too, and asked for
        return self._fields(self._patcher.apply(files))

    def _files(self, request: Reply) -> set[str] | None:
        """Give the tracked files that the paths of `request` name, None for all."""
        paths = [real_path(str(path)) for path in request.get("paths") or ()]
        if not paths:
            return None
        found = set()
        for path in paths:
            own = {f for f in self._patcher.files() if f == path or f.startswith(path + os.sep)}
            if not own:
                message = f"{path}: no module of this process comes from there"
                raise LivepatchError(message)
            found |= own
        return found

    def _drift(self, request: Reply) -> Reply:
        """Give what differs between the running code and the files; nothing is applied."""
        self._adopt()
        return wire.fields_of(survey.drift_of(self._patcher.registry, self._files(request)))

    @staticmethod
    def _fields(patch: Patch) -> Reply:
        return wire.fields_of(patch)
