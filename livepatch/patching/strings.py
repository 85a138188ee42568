"""Patches from strings: one definition in the baseline text gives way to another.

Invariant: a string patch is an edit of the text that the program embodies, carried out like the
edit of a file; the file itself changes in `save` alone, and only while it is what livepatch saw.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path

from livepatch.errors import (
    NoSourceError,
    OutOfSyncError,
    SourceMismatchError,
    UnknownTargetError,
)
from livepatch.model import Patch, PatchKind
from livepatch.patching import files
from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import TrackedFile, real_path
from livepatch.patching.targets import Target, find_target
from livepatch.source import splice
from livepatch.source.regions import parse
from livepatch.source.splice import Place
from livepatch.source.text import decode_source


def patch_from(patcher: Patcher, named: object, source: str) -> Patch:
    """Make what `named` stands for be what `source` says; gives the patch with its way back.

    Raises a `TargetError` for what cannot be patched, and `SourceError` for what is not Python.
    """
    target = find_target(named, patcher.registry)
    patcher.marks.check_not_frozen(target)
    tracked = tracked_file(patcher, target)
    origin = _Origin(patcher, tracked, target)
    with patcher.marks.explicitly():
        patch = patcher.apply_sources({tracked.file: lambda text: origin.rewrite(text, source)})
    origin.number = patch.number
    return replace(patch, origin=origin)


def tracked_file(patcher: Patcher, target: Target, *, marked_only: bool = False) -> TrackedFile:
    """Give the tracked file that holds `target`; its module is tracked from now on."""
    for tracked in patcher.registry:
        if any(module is target.module for module in tracked.modules):
            if target.qualname and target.line and target.file not in tracked.names:
                continue
            return tracked
    home = getattr(target.module, "__file__", None)
    same = isinstance(home, str) and real_path(home) == real_path(target.file)
    if not isinstance(home, str) or not same or not os.path.isfile(home):  # noqa: PTH113
        reason = f"its code comes from {target.file or 'no file'}, which cannot be read"
        raise NoSourceError(target.title, reason, "put it into a file and import that")
    data = Path(home).read_bytes()
    patcher.track(target.module, home, data, marked_only=marked_only)
    found = patcher.registry.get(home)
    if found is None:
        raise NoSourceError(target.title, "its file is not tracked", "track its module first")
    return found


@dataclass(slots=True)
class _Origin:
    """Where a string patch was made; knows how to take it back and how to write it down."""

    patcher: Patcher
    tracked: TrackedFile
    target: Target
    number: int = 0
    place: Place | None = None
    before: str = ""
    after: str = ""

    def rewrite(self, text: str, source: str) -> bytes:
        """Give the bytes of `text` with `source` in place of the target."""
        if not self.target.qualname:
            parse(source, self._title, 0)
            self.before, self.after = text, source
            return splice.encoded_source(source, self.tracked.file)
        place = self.place = self._find(text, source)
        indent = place.text[: len(place.text) - len(place.text.lstrip())]
        _, plain = splice.statement_of(source, self._title)
        self.before, self.after = place.text, splice.indented(plain, indent, self._title)
        new = splice.replaced(text, place, self.after)
        return splice.encoded_source(new, self.tracked.file)

    @property
    def _title(self) -> str:
        return f"<source for {self.target.title}>"

    def _find(self, text: str, source: str) -> Place:
        """Give the place in `text` that the target has; the source has to define the same."""
        target = self.target
        found = [
            place
            for place in splice.places(text, self.tracked.file)
            if place.qualname == target.qualname
        ]
        if not found:
            reason = f"{self.tracked.file} does not define {target.qualname} any more"
            raise UnknownTargetError(target.title, reason, "call livepatch.refresh() first")
        here = [place for place in found if place.first == target.line] or found[-1:]
        node, _ = splice.statement_of(source, self._title)
        name, role = ("", "") if node is None else splice.described(node)
        is_class = node is not None and hasattr(node, "bases")
        wanted = (name, role, is_class)
        same = [p for p in (*here, *found) if (p.name, p.role, p.is_class) == wanted]
        if not same:
            kind = "class" if is_class else "function"
            what = f"it defines the {kind} {name}" if name else "it is not one definition"
            role = f" as {here[0].role}" if here[0].role else ""
            advice = f"give one statement that defines {here[0].name}{role}, and nothing else"
            raise SourceMismatchError(
                target.title, f"the new source does not fit: {what}", advice
            )
        return same[0]

    def undo(self) -> Patch:
        """Put back what was there before, also where later patches changed something else."""
        if not self.number:
            return Patch(0, PatchKind.UNDO)
        if self.patcher.newest() == self.number:
            self.number = 0
            return self.patcher.undo()
        patch = self.patcher.apply_sources({self.tracked.file: self._turned_back})
        if patch.ok:
            self.number = 0
        return patch

    def _turned_back(self, text: str) -> bytes:
        place = self._check_current(text, "nothing was undone")
        new = self.before if place is None else splice.replaced(text, place, self.before)
        return splice.encoded_source(new, self.tracked.file)

    def _check_current(self, text: str, kept: str) -> Place | None:
        """Give the place of the patched definition in `text`, if it still is what was put there."""
        place = self._in(text)
        current = text if self.place is None else place and place.text
        if current != self.after:
            reason = f"it has changed since it was patched; {kept}"
            raise OutOfSyncError(self.target.title, reason, "patch it anew")
        return place

    def _in(self, text: str) -> Place | None:
        old = self.place
        if old is None:
            return None
        for place in splice.places(text, self.tracked.file):
            if (place.qualname, place.ordinal) == (old.qualname, old.ordinal):
                return place
        return None

    def save(self) -> str:
        """Write the definition to its file, every other byte kept; gives the path.

        Raises `OutOfSyncError` where the file or the definition has changed meanwhile.
        """
        self._check_current(self.tracked.text.text, "nothing was written")
        file = self.tracked.file
        with self.patcher.standstill():
            data = files.read(file)
            if data is None or data != self.tracked.seen:
                raise self._changed()
            new = self._saved(data)
            self.tracked.seen = (
                new  # before the write: the watcher must not take it for an edit
            )
            try:
                files.write(file, new)
            except OSError:
                self.tracked.seen = data
                raise
        return file

    def _saved(self, data: bytes) -> bytes:
        if self.place is None:
            mark = splice.BOM if data.startswith(splice.BOM) else b""
            newline = (
                splice.newline_of(data.removeprefix(mark).splitlines(keepends=True)) or "\n"
            )
            text = self.after.replace("\r\n", "\n").replace("\n", newline)
            return mark + splice.encoded_source(text, self.tracked.file)
        place = self._in(decode_source(self.tracked.file, data).text)
        if place is None:
            raise self._changed()
        return splice.replaced_bytes(data, place, self.after, self.tracked.file)

    def _changed(self) -> OutOfSyncError:
        reason = f"{self.tracked.file} has changed meanwhile; nothing was written"
        return OutOfSyncError(self.target.title, reason, "call livepatch.refresh(), patch anew")
