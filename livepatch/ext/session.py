"""What a prompt offers: changes applied before each input, and verbs to look and to steer.

A session tracks every module outside the standard library and the installed packages, those
imported before it began too. It reports what happened when it is asked for the next prompt.
"""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Callable
from types import ModuleType
from typing import Any

from livepatch import api, ways
from livepatch.errors import OutOfSyncError, UsageError
from livepatch.ext.brief import brief
from livepatch.ext.cells import Cells
from livepatch.model import Patch, PatchKind, Refusal
from livepatch.patching import survey
from livepatch.patching.registry import real_path
from livepatch.patching.targets import find_target
from livepatch.report import needs_ascii
from livepatch.watching.importing import ImportHook, untracked_modules
from livepatch.watching.watcher import Watcher

Write = Callable[[str], object]
FOREIGN = ("site-packages", "dist-packages")


class PromptSession:
    """Applies what is saved before each input, and says so; `start` begins, `stop` ends it."""

    def __init__(
        self, *, namespace: Callable[[], dict[str, Any]], write: Write | None = None
    ) -> None:
        """Do nothing yet; `namespace` gives the names of the prompt, `write` takes reports."""
        self._patcher = api.default_patcher()
        self._write = write or _to_stderr
        self._hook = ImportHook(self._track, self.wants)
        self._watcher: Watcher | None = None
        self._forget: Callable[[], None] | None = None
        self._waiting: list[Patch] = []
        self._told: tuple[Refusal, ...] = ()
        self._busy = False
        self._unsaved: list[Patch] = []
        own = os.path.dirname(os.path.dirname(__file__))  # noqa: PTH120
        folders = {own, sysconfig.get_path("stdlib"), sysconfig.get_path("platstdlib")}
        self._not_wanted = tuple(os.path.join(real_path(path), "") for path in folders)  # noqa: PTH118
        self._cells = Cells(self._patcher, namespace)

    @property
    def is_on(self) -> bool:
        """True between `start` and `stop`."""
        return self._forget is not None

    @property
    def held(self) -> tuple[str, ...]:
        """The files that wait to be whole again."""
        return tuple(tracked.file for tracked in self._patcher.registry if tracked.held)

    def wants(self, file: str) -> bool:
        """Tell whether `file` is one that a person at a prompt may be working on."""
        if any(part in file for part in FOREIGN) or not file.endswith((".py", ".pyw")):
            return False
        return not real_path(file).startswith(self._not_wanted)

    def start(self, *, background: bool = False) -> None:
        """Track what is imported; with `background` a thread applies while a prompt waits."""
        if self.is_on:
            return
        self._forget = self._patcher.on_patch(self._waiting.append)
        self._hook.install()
        if background:
            self._watcher = Watcher(
                apply=self._apply_idle, tracked=self._patcher.is_tracked, warn=self._say
            )
            self._watcher.start()
            for file in self._patcher.files():
                self._watcher.add_file(file)
        self._adopt()

    def stop(self) -> None:
        """Apply nothing by itself from now on; what was patched stays patched."""
        if self._forget is not None:
            self._forget()
            self._forget = None
        self._hook.remove()
        if self._watcher is not None:
            self._watcher.stop()
            self._watcher = None

    def before(self) -> None:
        """Apply what was saved since, and report: the next input is about to run."""
        self._busy = True
        self.update()
        self._cells.snapshot()

    def after(self) -> None:
        """Take over redefinitions, apply what was saved meanwhile, report: a prompt follows."""
        self._cells.adopt_changes()
        self._busy = False
        self.update()

    def update(self) -> None:
        """Apply what was saved since, and report."""
        if self.is_on:
            self._adopt()
            self._patcher.apply()
        self.report()

    def report(self) -> None:
        """Write what happened since the last report; the same refusal is told of once."""
        waiting, self._waiting[:] = list(self._waiting), []
        if any(watch.reports for watch in api.watches()):
            return
        for patch in waiting:
            if patch.errors and patch.errors == self._told:
                continue
            if patch.errors or patch.kind is PatchKind.FILES:
                self._told = patch.errors
            text = brief(patch, color=_has_color(), ascii=needs_ascii(_encoding()))
            if text:
                self._say(text)

    def status(self) -> None:
        """Say what is tracked, what is held, and what the newest patch was."""
        patches = self._patcher.history()
        state = "on" if self.is_on else "off"
        cells = "on" if self._cells.is_on else "off"
        count = len(self._patcher.files())
        newest = f"newest: {patches[-1]!r}" if patches else "no patch yet"
        lines = [f"livepatch is {state}; {count} files are tracked; cells {cells}", newest]
        lines += [f"held: {file}" for file in self.held]
        drift = survey.drift_of(self._patcher.registry)
        lines += [
            f"on disk, not applied: {change.qualname} ({change.file}:{change.line})"
            for change in drift.changes
        ]
        self._say("\n".join(lines))

    def diff(self, number: int | None = None) -> None:
        """Write what the newest patch, or patch `number`, changed in the files."""
        self._say(self._patcher.diff(number).rstrip("\n") or "no text was changed")

    def undo(self, n: int = 1) -> Patch:
        """Put back the state before the newest `n` patches."""
        return self._patcher.undo(n)

    def redo(self, n: int = 1) -> Patch:
        """Do again the newest `n` patches that were undone."""
        return self._patcher.redo(n)

    def history(self) -> tuple[Patch, ...]:
        """Give the committed patches, oldest first."""
        return self._patcher.history()

    def patch(self, target: object, source: str) -> Patch:
        """Make `target` be what `source` says; `save` writes it to its file."""
        made = ways.patch(target, source)
        if made:
            self._unsaved.append(made)
        return made

    def save(self) -> list[str]:
        """Write what `patch` has changed to the files, where it still holds; gives the paths."""
        unsaved, self._unsaved = self._unsaved, []
        saved = []
        for patch in unsaved:
            try:
                saved.append(patch.save())
            except OutOfSyncError as error:  # undone, or changed again since
                self._say(f"not saved: {error}")
        return list(dict.fromkeys(saved))

    def edit(self, target: object) -> None:
        """Open `$VISUAL` or `$EDITOR` on the definition of `target`; apply what was saved."""
        found = find_target(target, self._patcher.registry)
        command = os.environ.get("VISUAL") or os.environ.get("EDITOR")
        if not command:
            message = "edit: neither $VISUAL nor $EDITOR names an editor"
            raise UsageError(message)
        words = shlex.split(command, posix=os.name != "nt")
        subprocess.run([*words, f"+{max(found.line, 1)}", found.file], check=False)  # noqa: S603  the user's own editor
        self.update()

    def cells(self, on: bool) -> None:  # noqa: FBT001  a switch, as at the prompt
        """Let functions and classes that are defined again keep their identity, or not."""
        self._cells.is_on = on

    @property
    def redefinitions(self) -> Cells:
        """What looks after definitions made at the prompt."""
        return self._cells

    def _adopt(self) -> None:
        for module, file in untracked_modules(self._patcher.files(), self.wants):
            self._track(module, file, None)

    def _track(self, module: ModuleType, file: str, data: bytes | None) -> None:
        try:
            self._patcher.track(module, file, data)
        except OSError:
            return  # the file went away since
        if self._watcher is not None:
            self._watcher.add_file(file)

    def _apply_idle(self, files: frozenset[str]) -> object:
        """Apply unless an input is being executed: what is saved meanwhile comes after it."""
        return None if self._busy else self._patcher.apply(files)

    def _say(self, text: str) -> None:
        self._write(text + "\n")

    def __repr__(self) -> str:
        """Give one line: on or off, and the number of patches."""
        state = "on" if self.is_on else "off"
        return f"<livepatch session: {state}, {len(self.history())} patches>"


def _to_stderr(text: str) -> None:
    if sys.stderr is not None:
        sys.stderr.write(text)
        sys.stderr.flush()


def _encoding() -> str | None:
    return getattr(sys.stderr, "encoding", None)


def _has_color() -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(sys.stderr is not None and sys.stderr.isatty())
