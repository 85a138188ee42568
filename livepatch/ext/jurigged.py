"""jurigged's `make_recoder`, on livepatch: for programs that patch functions from strings.

`patch`, `commit`, `revert` and `status` do what they do in jurigged. What differs is said in
docs/strings.md: edits are applied as transactions, and a commit keeps every other byte.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from livepatch.api import default_patcher
from livepatch.errors import OutOfSyncError, SourceMismatchError, TargetError
from livepatch.model import Patch, PatchKind
from livepatch.patching.targets import Target, find_target
from livepatch.ways import patch as patch_from_string

LIVE, SAVED, OUT_OF_SYNC = "live", "saved", "out-of-sync"


class OutOfSyncException(Exception):  # noqa: N818  the name that jurigged gave it
    """The file has changed since the patch, which therefore was not written."""


class EventSource(list[Callable[..., object]]):
    """Listeners that are called with each event, in the order in which they came."""

    def register(self, listener: Callable[..., object]) -> Callable[..., object]:
        """Call `listener` with each event from now on; gives it back, as a decorator does."""
        self.append(listener)
        return listener

    def emit(self, *arguments: Any, **keywords: Any) -> None:
        """Call every listener."""
        for listener in list(self):
            listener(*arguments, **keywords)


class Recoder:
    """Patches one function, class or module from strings.

    `status` is "live" while the program runs what was patched in, "saved" once that is in the
    file, and "out-of-sync" when the file has changed the same definition since.
    """

    def __init__(self, target: Target) -> None:
        """Have patched nothing yet."""
        self.name = target.title
        self.status = LIVE
        self.on_status = EventSource()
        self._target = target
        self._patches: list[Patch] = []
        self._code = ""
        default_patcher().on_patch(self._listen)

    def set_status(self, status: str) -> None:
        """Have this status, and tell the listeners."""
        self.status = status
        self.on_status.emit(self, status)

    def _listen(self, made: Patch) -> None:
        if made.kind is not PatchKind.FILES:
            return
        name = self._target.qualname
        for change in made.changes:
            touched = change.qualname == name or change.qualname.startswith(f"{name}.")
            if change.module == self._target.module.__name__ and (touched or not name):
                self._patches.clear()
                self.set_status(OUT_OF_SYNC)
                return

    def patch(self, new_code: str) -> None:
        """Run `new_code` from now on; `ValueError` where it defines something else."""
        where = self._target.module.__name__
        named = f"{where}:{self._target.qualname}" if self._target.qualname else where
        try:
            made = patch_from_string(named, new_code)
        except SourceMismatchError as error:
            raise ValueError(str(error)) from error
        if not made.ok:
            raise ValueError("; ".join(str(refusal) for refusal in made.errors))
        self._patches.append(made)
        self._code = new_code
        self.set_status(LIVE)

    def repatch(self) -> None:
        """Patch anew what the file has changed since."""
        if self.status == OUT_OF_SYNC and self._code:
            self.patch(self._code)

    def commit(self) -> None:
        """Write the patch to the file; `OutOfSyncException` where the file has changed."""
        if self.status == OUT_OF_SYNC:
            message = f"{self.name}: the file is out of sync with the patch"
            raise OutOfSyncException(message)
        try:
            for made in self._patches[-1:]:
                made.save()
        except OutOfSyncError as error:
            raise OutOfSyncException(str(error)) from error
        self._patches.clear()
        self.set_status(SAVED)

    def revert(self) -> None:
        """Run what the file says: the patches since the last commit are taken back."""
        while self._patches:
            try:
                self._patches.pop().undo()
            except OutOfSyncError:
                self._patches.clear()
        self.set_status(LIVE)


def make_recoder(obj: object, deletable: bool = False) -> Recoder | None:  # noqa: FBT001, FBT002
    """Give a recoder for a function, method, class or module; None where there is no source."""
    del deletable  # livepatch.patch() never removes a definition
    try:
        return Recoder(find_target(obj, default_patcher().registry))
    except TargetError:
        return None
