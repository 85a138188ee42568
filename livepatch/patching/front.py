"""The patcher of the public verbs, made when it is first needed; until then, what it will track.

A program that is never edited pays neither for a parser nor for the machinery of patches: these
are 60 modules, and as many milliseconds. Whoever needs the patcher gets it complete.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable, Iterator
from importlib import import_module
from types import CodeType, ModuleType
from typing import TYPE_CHECKING

from livepatch.patching.paths import real_path

if TYPE_CHECKING:
    from livepatch.model import Patch
    from livepatch.patching.patcher import Patcher

PIECES = (
    "ast",
    "dataclasses",
    "ctypes",
    "tokenize",
    "livepatch.model",
    "livepatch.report",
    "livepatch.interp",
    "livepatch.source.regions",
    "livepatch.source.compiling",
    "livepatch.source.outlining",
    "livepatch.diff.match",
    "livepatch.patching.layers",
    "livepatch.patching.transaction",
    "livepatch.patching.site",
    "livepatch.patching.functions",
    "livepatch.patching.classes",
    "livepatch.patching.prepare",
    "livepatch.patching.history",
    "livepatch.patching.stale",
    "livepatch.patching.patcher",
)
"""What takes longest to import, in an order in which each brings few others along."""

SELDOM = (
    "concurrent.futures.thread",  # for the first session
    "difflib",
    "importlib.abc",
    "importlib.util",
    "inspect",
    "json",
    "tempfile",
    "traceback",
    "livepatch.control.verbs",
    "livepatch.patching.drift",
    "livepatch.patching.liveloops",
)
"""What is only imported when it is needed, even after the first patch."""

Root = Callable[[], CodeType | None]
Noted = tuple[ModuleType, str, bytes | None, Root | None]


class Front:
    """Takes what a patcher is told before it is needed, and makes it when it is."""

    def __init__(self) -> None:
        """Have no patcher yet."""
        self._patcher: Patcher | None = None
        # Guards the rest until the patcher is there. Never held while something is imported:
        # the thread that imports may be waiting for it, in `track`.
        self._lock = threading.RLock()
        self._noted: list[Noted] = []
        self._files: dict[str, bytes | None] = {}  # by real path: the text that was executed
        self._callbacks: list[Callable[[Patch], object]] = []
        self._removers: dict[int, Callable[[], None]] = {}

    def patcher(self) -> Patcher:
        """Give the patcher, which knows of all that was noted."""
        if self._patcher is None:
            from livepatch.patching.patcher import Patcher  # noqa: PLC0415  what this is about

            with self._lock:
                if self._patcher is None:
                    made = Patcher()
                    self._tell(made)
                    self._patcher = made
                    self._noted.clear()
                    self._files = dict.fromkeys(self._files)  # the texts are the patcher's now
        return self._patcher

    def prepared(self, *, seldom: bool = False) -> Iterator[object]:
        """Have the patcher made, in pieces of some milliseconds: one for each value given.

        With `seldom` what few patches need is imported, too.
        """
        for name in (*PIECES, *SELDOM) if seldom else PIECES:
            yield import_module(name)
        yield self.patcher()

    def _tell(self, made: Patcher) -> None:
        """Tell `made` all that was noted."""
        for module, file, data, root in self._noted:
            try:
                made.track(module, file, data, root and root())
            except OSError:
                continue  # the file went away since
        for callback in self._callbacks:
            self._removers[id(callback)] = made.on_patch(callback)

    def track(
        self,
        module: ModuleType,
        file: str,
        data: bytes | None = None,
        root: CodeType | None = None,
    ) -> None:
        """Note that `module` was made from `data`, as `Patcher.track` does.

        Raises OSError where the file is gone and `data` is not known.
        """
        with self._lock:
            if self._patcher is None:
                self._note(module, file, data, root)
                return
        self._patcher.track(module, file, data, root)

    def _note(
        self, module: ModuleType, file: str, data: bytes | None, root: CodeType | None
    ) -> None:
        path = real_path(file)
        if data is None:
            from livepatch.runtime import drift  # noqa: PLC0415  of modules imported before

            with open(file, "rb") as stream:  # noqa: PTH123
                data = stream.read()
            if data.strip() and drift.may_have_changed(file):
                data = None  # the patcher will find it late, too: files do not grow older
        self._noted.append((module, file, data, root and weakref.ref(root)))
        self._files[path] = data

    def is_late(self, file: str) -> bool:
        """Tell whether the module of `file` may run another text than the one on disk."""
        if self._patcher is not None:
            return self._patcher.is_late(file)
        return self._files.get(real_path(file), b"") is None

    def is_tracked(self, file: str) -> bool:
        """Tell whether a module was made from `file`."""
        if self._patcher is not None:
            return self._patcher.is_tracked(file)
        return file in self._files or real_path(file) in self._files

    def files(self) -> frozenset[str]:
        """Give the real paths of all tracked files."""
        if self._patcher is not None:
            return self._patcher.files()
        with self._lock:
            return frozenset(self._files)

    def restricted(self) -> list[ModuleType]:
        """Give the modules of which only marked definitions are patched."""
        return [] if self._patcher is None else self._patcher.marks.restricted()

    def apply(
        self, files: frozenset[str], undisturbed: Callable[[], bool] | None = None
    ) -> object:
        """Make the program embody what `files` hold now, as `Patcher.apply` does.

        A file that is as it was when it was imported needs no patcher.
        """
        if self._patcher is None and all(map(self._is_unchanged, files)):
            return None
        return self.patcher().apply(files, retry=False, undisturbed=undisturbed)

    def _is_unchanged(self, file: str) -> bool:
        data = self._files.get(file)
        if data is None:
            return False
        try:
            with open(file, "rb") as stream:  # noqa: PTH123
                return stream.read() == data
        except OSError:
            return False

    def on_patch(self, callback: Callable[[Patch], object]) -> Callable[[], None]:
        """Call `callback` with each patch, committed or held; gives what ends that."""
        with self._lock:
            if self._patcher is not None:
                return self._patcher.on_patch(callback)
            self._callbacks.append(callback)

        def remove() -> None:
            with self._lock:
                if callback in self._callbacks:
                    self._callbacks.remove(callback)
                ended = self._removers.pop(id(callback), None)
            if ended is not None:
                ended()

        return remove
