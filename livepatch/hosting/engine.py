"""`Engine`: an object that stands for one source file, and always for its newest good version."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, TracebackType
from typing import Any, Self

from livepatch.api import default_patcher
from livepatch.errors import UsageError
from livepatch.hosting.journal import Journal, Listeners, Log
from livepatch.hosting.loading import (
    free_name,
    load,
    module_of,
    read_bytes,
    sha1_of,
    unload,
)
from livepatch.hosting.lookout import Lookout
from livepatch.model import Patch, PatchKind, Refusal
from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import real_path

_REMEMBERED = 64


class Engine:
    """Gives the names of one source file as attributes, patched in place when the file changes.

    A function taken from it (`f = engine.f1`) follows, since it stays the same object. A text
    that cannot be taken is logged, and the last good code goes on. What the file calls
    `notify`, `stop` or like another attribute of the engine is found under `engine.mod`.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        frequency: float = 1.0,
        log: Log = None,
        *,
        events: bool = True,
        patcher: Patcher | None = None,
    ) -> None:
        """Execute the file, unless a module was imported from it, and begin to watch it.

        Changes are noticed by file events and by a look every `frequency` seconds, without
        `events` by the looks alone. Raises `UsageError` where there is no file, and what the
        file raises.
        """
        if not frequency > 0:
            message = f"Engine: frequency must be more than 0 seconds, not {frequency!r}"
            raise UsageError(message)
        self.path = real_path(os.fspath(path))
        data = read_bytes(self.path)
        if data is None:
            message = f"Engine: there is no file {os.fspath(path)!r}"
            raise UsageError(message)
        self.errors: tuple[Refusal, ...] = ()
        self.fingerprint = self._seen = sha1_of(data)
        self._patcher = patcher or default_patcher()
        self._journal = Journal(log)
        self._listeners = Listeners[Patch](self._journal)
        self._lock = threading.RLock()  # guards fingerprint, errors and _seen
        self._release = self._patcher.reserve(self.path)
        try:
            self._owned, self.mod = self._make(data)
        except BaseException:
            self._release()
            raise
        self._known: dict[str, str] = {}  # fingerprints by text, for what can be undone
        self._remember()
        self._silence = self._patcher.on_patch(self._follow)
        self._lookout = Lookout(
            self.notify,
            interval=frequency,
            relevant=lambda path: path == self.path,
            warn=self._journal.warn,
            events=events,
        )
        self._lookout.add_folder(str(Path(self.path).parent))
        self._lookout.start()

    def _make(self, data: bytes) -> tuple[bool, ModuleType]:
        """Give the module of the file, and whether it was made here."""
        module = module_of(self.path)
        if module is None:
            name = free_name(Path(self.path).stem, self.path)
            return True, load(self._patcher, name, self.path, data)
        if not self._patcher.is_tracked(self.path):
            self._patcher.track(module, self.path)
        self._seen = ""  # what it was made from may be older than the file: compare them
        return False, module

    def notify(self) -> Patch:
        """Take the file as it is now; give the patch, which is empty where nothing changed.

        Of a text that was refused before it says once more why. Any thread may call this; two
        calls do not overlap.
        """
        with self._lock:
            known = self._seen
            patch = self._take()
            is_news = self._seen != known
        if is_news and (patch or not patch.ok):
            self._listeners.tell(patch)
        return patch

    def _take(self) -> Patch:
        data = read_bytes(self.path)
        if data is None:
            return self._miss()
        fingerprint = sha1_of(data)
        if fingerprint == self._seen:
            return Patch(0, PatchKind.FILES, errors=self.errors)
        self._seen = fingerprint
        if fingerprint != self.fingerprint:
            self._journal.note("received notification of fingerprint change (%s)", fingerprint)
        patch = self._patcher.apply_sources({self.path: data}, kind=PatchKind.FILES)
        self.errors = patch.errors
        if patch.ok:
            self.fingerprint = fingerprint
            self._remember()
        for error in patch.errors:
            self._journal.warn("%s; the last good code goes on", error)
            if error.traceback:
                self._journal.warn("%s", error.traceback.rstrip())
        return patch

    def _text(self) -> str:
        tracked = self._patcher.registry.get(self.path)
        return tracked.text.text if tracked is not None and not tracked.is_late else ""

    def _remember(self) -> None:
        text = self._text()
        self._known.pop(text, None)
        self._known[text] = self.fingerprint
        while len(self._known) > _REMEMBERED:
            del self._known[next(iter(self._known))]

    def _follow(self, patch: Patch) -> None:
        """Let the fingerprint be that of the text which an undo or a redo brought back."""
        if patch.kind in {PatchKind.UNDO, PatchKind.REDO} and self.path in patch.files:
            with self._lock:
                self.fingerprint = self._known.get(self._text(), self.fingerprint)

    def on_patch(self, callback: Callable[[Patch], object]) -> Callable[[], None]:
        """Call `callback` with each patch of the file, taken or refused; gives the remover."""
        return self._listeners.add(callback)

    def _miss(self) -> Patch:
        """Say once that the file is gone."""
        if self._seen:
            self._seen = ""
            self._journal.warn(
                "%s is gone or unreadable; the last good code goes on", self.path
            )
        return Patch(0)

    def stop(self) -> None:
        """Watch the file no longer; the functions go on as they are. Again: nothing."""
        self._lookout.stop()
        self._silence()
        self._release()
        if self._owned:
            self._owned = False
            unload(self._patcher, self.mod)
        self._journal.close()

    def __getattr__(self, name: str) -> Any:
        """Give what the file defines under `name`."""
        module = self.__dict__.get("mod")
        if module is None:
            raise AttributeError(name)
        try:
            return getattr(module, name)
        except AttributeError:
            message = f"{self.path} defines no {name!r}"
            raise AttributeError(message, name=name, obj=self) from None

    def __dir__(self) -> Iterator[str]:
        """Give the engine's own names and those of the file."""
        yield from {*super().__dir__(), *vars(self.mod)}

    def __enter__(self) -> Self:
        """Give the engine itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Stop."""
        self.stop()

    def __repr__(self) -> str:
        """Give one line: the file and the version of it that runs."""
        held = ", a newer one is held" if self.errors else ""
        return f"<Engine {self.path} at {self.fingerprint[:12]}{held}>"
