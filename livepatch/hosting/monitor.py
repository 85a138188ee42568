"""`monitor_dir`: a directory compared with its last snapshot, every so many seconds.

Snapshots say which files to look at; what changed is decided by their content. So one save is
one change, however many events, inodes or times it leaves behind.
"""

# ruff: noqa: PTH110, PTH112, PTH206
# (real paths as strings, as everywhere in the core)
from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Final

from watchdog.utils.dirsnapshot import DirectorySnapshot, DirectorySnapshotDiff

from livepatch.api import default_patcher
from livepatch.errors import UsageError
from livepatch.hosting.journal import Journal, Log
from livepatch.hosting.loading import error_text, module_of, read_bytes, sha1_of, unload
from livepatch.model import Patch
from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import real_path
from livepatch.watching.importing import ImportHook, untracked_modules
from livepatch.watching.polling import signature_of

_PAUSE: Final = 0.1
_GRACE: Final = 0.25
_RACY: Final = 2.0
"""A file this young may change once more without a new time."""

_SKIPPED: Final = frozenset({"__pycache__", "node_modules", "site-packages", "dist-packages"})


def monitor_dir(  # noqa: PLR0913  the first five are the established ones
    path: str | os.PathLike[str],
    event: threading.Event,
    main_file: str | os.PathLike[str],
    interval: float = 2,
    only_import_exist: bool = True,  # noqa: FBT001, FBT002  established
    *,
    log: Log = None,
    patcher: Patcher | None = None,
) -> None:
    """Keep the modules below `path` as on disk until `event` is cleared; then return.

    Every `interval` seconds changed files are patched in place, all of them in one patch,
    `main_file` (the file of `__main__`) included; modules whose files were deleted or moved are
    dropped. Files that are new are imported, unless `only_import_exist`. Raises `UsageError`
    where there is no such directory.
    """
    if not interval > 0:
        message = f"monitor_dir: interval must be more than 0 seconds, not {interval!r}"
        raise UsageError(message)
    journal = Journal(log)
    monitor = DirMonitor(
        path, main_file, journal=journal, patcher=patcher, only_import_exist=only_import_exist
    )
    try:
        while event.is_set():
            due = time.monotonic() + interval
            while event.is_set() and (left := due - time.monotonic()) > 0:
                time.sleep(min(left, _PAUSE))
            if event.is_set():
                monitor.look()
    finally:
        monitor.stop()
        journal.close()


@dataclass(frozen=True, slots=True)
class DirChanges:
    """What differs between two snapshots of a directory; each file is in one of the sets."""

    created: frozenset[str]
    modified: frozenset[str]
    deleted: frozenset[str]

    @classmethod
    def between(cls, old: DirectorySnapshot, new: DirectorySnapshot) -> DirChanges:
        """Compare two snapshots.

        The difference tells a file that was replaced as deleted and created, and one that
        an editor kept as a backup as moved: what counts is whether its path was there, and is.
        """
        diff = DirectorySnapshotDiff(old, new)
        named = {*diff.files_created, *diff.files_deleted, *diff.files_modified}
        named.update(place for pair in diff.files_moved for place in pair)
        sources = {name for name in map(os.fsdecode, named) if name.endswith(".py")}
        before, after = sources & old.paths, sources & new.paths
        return cls(
            frozenset(after - before), frozenset(before & after), frozenset(before - after)
        )


class DirMonitor:
    """What `monitor_dir` does between two pauses, one `look` at a time."""

    def __init__(
        self,
        path: str | os.PathLike[str],
        main_file: str | os.PathLike[str],
        *,
        journal: Journal,
        patcher: Patcher | None = None,
        only_import_exist: bool = True,
    ) -> None:
        """Track what is imported from below `path` already, and what will be."""
        self.path = real_path(os.fspath(path))
        if not os.path.isdir(self.path):
            message = f"monitor_dir: there is no directory {os.fspath(path)!r}"
            raise UsageError(message)
        self._main_file = real_path(os.fspath(main_file))
        self._journal = journal
        self._patcher = patcher or default_patcher()
        self._imports_new = not only_import_exist
        self._failed: set[str] = set()
        self._seen: dict[str, str] = {}
        self._is_away = False
        self._snapshot = self._take_snapshot()
        self._hook = ImportHook(self._track, self._is_inside)
        self._hook.install()
        self._adopt()

    def stop(self) -> None:
        """Leave imports alone; what was patched stays patched."""
        self._hook.remove()

    def look(self) -> Patch:
        """Do what the difference to the last look asks for; give the patch of the changed files."""
        try:
            snapshot = self._take_snapshot()
        except OSError as error:
            if not self._is_away:
                self._is_away = True
                self._journal.warn("%s: %s; its modules go on", self.path, error.strerror)
            return Patch(0)
        self._is_away = False
        changes = DirChanges.between(self._snapshot, snapshot)
        gone = self._still_gone(changes.deleted)
        self._snapshot = snapshot
        self._adopt()
        for file in sorted(gone):
            self._drop(file)
        patch = self._apply({*changes.modified, *changes.created})
        if self._imports_new:
            self._import({*changes.created, *self._failed} - gone)
        return patch

    def _take_snapshot(self) -> DirectorySnapshot:
        return DirectorySnapshot(self.path, recursive=True, listdir=_entries)

    def _still_gone(self, deleted: Iterable[str]) -> set[str]:
        """Give the files that stay away for a moment: some editors delete before they write."""
        gone = {file for file in deleted if not os.path.exists(file)}
        if gone:
            time.sleep(_GRACE)
        return {file for file in gone if not os.path.exists(file)}

    def _apply(self, named: Iterable[str]) -> Patch:
        """Apply those files whose content is not that of the last look, as one patch.

        Beside the named ones those that are so young that their time proves nothing are read,
        and the main file, which may lie elsewhere.
        """
        known = {file for file in self._patcher.files() if self._is_young(file)}
        changed = set()
        for file in {*named, *known, self._main_file}:
            data = read_bytes(file) if self._patcher.is_tracked(file) else None
            if data is not None and self._seen.get(file) != (digest := sha1_of(data)):
                self._seen[file] = digest
                changed.add(file)
        patch = self._patcher.apply(changed) if changed else Patch(0)
        for change in patch.changes:
            place = f"{change.file}:{change.line}"
            self._journal.note("%s %s %s", place, change.qualname, change.kind.value)
        for error in patch.errors:
            self._journal.warn("held: %s; nothing was applied", error)
        return patch

    def _is_young(self, file: str) -> bool:
        if not self._is_inside(file):
            return False
        stamp = signature_of(file)
        return stamp is not None and abs(time.time() - stamp[0] / 1e9) < _RACY

    def _import(self, files: set[str]) -> None:
        """Import the modules of new files; one that fails is tried again at the next change."""
        for file in sorted(files):
            if file == self._main_file or module_of(file) is not None:
                self._failed.discard(file)
                continue
            if not os.path.exists(file):
                self._failed.discard(file)
                continue
            name = module_name(file)
            if name is None:
                continue
            try:
                import_module(name)
            except (Exception, SystemExit) as error:  # noqa: BLE001  it is the user's code
                if file not in self._failed:
                    self._journal.warn(
                        "%s cannot be imported: %s", name, error_text(error, (file,))
                    )
                self._failed.add(file)
            else:
                self._failed.discard(file)
                self._journal.note("imported %s from %s", name, file)

    def _drop(self, file: str) -> None:
        """Take the module of a deleted file out; `__main__` and who holds its objects go on."""
        module = module_of(file)
        if module is None or file == self._main_file:
            return
        unload(self._patcher, module)
        self._journal.note("dropped %s: %s is gone", module.__name__, file)

    def _adopt(self) -> None:
        """Track `__main__` and what was imported in a way that the hook does not see."""
        main = sys.modules.get("__main__")
        file = getattr(main, "__file__", None)
        is_ours = isinstance(file, str) and real_path(file) == self._main_file
        if main is not None and is_ours and not self._patcher.is_tracked(self._main_file):
            self._track(main, self._main_file, None)
        for module, source in untracked_modules(self._patcher.files(), self._is_inside):
            if module is not main:
                self._track(module, source, None)

    def _track(self, module: ModuleType, file: str, data: bytes | None) -> None:
        try:
            self._patcher.track(module, file, data)
        except OSError:
            return  # the file went away since: there is nothing to compare with

    def _is_inside(self, file: str) -> bool:
        real = real_path(file)
        if not real.startswith(self.path.rstrip(os.sep) + os.sep):
            return False
        return not _SKIPPED & set(real[len(self.path) :].split(os.sep))


def _entries(folder: str | None) -> Iterator[os.DirEntry[str]]:
    """Give what a snapshot takes in: no hidden folders, caches or installed packages."""
    with os.scandir(folder) as entries:
        for entry in entries:
            if not entry.name.startswith(".") and entry.name not in _SKIPPED:
                yield entry


def module_name(file: str) -> str | None:
    """Give the name under which `import` finds `file`, by the nearest root in `sys.path`.

    None where no root leads there, or another module hides it.
    """
    for name in _names(file):
        try:
            spec = find_spec(name)
        except (ImportError, ValueError, AttributeError):
            continue
        if spec is not None and spec.origin is not None and real_path(spec.origin) == file:
            return name
    return None


def _names(file: str) -> Iterator[str]:
    roots = {real_path(entry or os.getcwd()) for entry in sys.path}  # noqa: PTH109
    for root in sorted(roots, key=len, reverse=True):
        prefix = root.rstrip(os.sep) + os.sep
        if file.startswith(prefix):
            parts = file[len(prefix) :].removesuffix(".py").split(os.sep)
            if parts[-1] == "__init__":
                parts.pop()
            if parts and all(map(str.isidentifier, parts)):
                yield ".".join(parts)
