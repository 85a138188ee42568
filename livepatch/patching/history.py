"""What was done and how to take it back; bounded, so that a thousand patches leave no weight."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from livepatch.model import Note, Patch, PatchKind, Write
from livepatch.patching import breakpoints, caches, textdiff
from livepatch.patching.commits import SESSIONS
from livepatch.patching.registry import LATE, TrackedFile
from livepatch.runtime import holding, sharing
from livepatch.source.regions import Text

DEPTH = 32  # patches that can be undone; what is older frees its old code
LENGTH = 1000  # patches that are remembered

Baselines = list[tuple[TrackedFile, Text, Text]]  # file, text before, text after


@dataclass(slots=True)
class Entry:
    """A patch with the writes that take it back, and the texts before and after it."""

    patch: Patch
    inverse: list[Write]
    baselines: Baselines


class History:
    """The committed patches, those that can be undone, and those that can be done again."""

    def __init__(self) -> None:
        """Start with nothing done."""
        self._patches: deque[Patch] = deque(maxlen=LENGTH)
        self._undoable: deque[Entry] = deque(maxlen=DEPTH)
        self._redoable: list[Entry] = []
        self._number = 0

    def next_number(self) -> int:
        """Give the number of the patch that is being committed."""
        SESSIONS.advance()
        self._number += 1
        return self._number

    @property
    def number(self) -> int:
        """The number of the newest patch, 0 before the first."""
        return self._number

    def newest(self) -> int:
        """Give the number of the patch that would be undone next, 0 for none."""
        return self._undoable[-1].patch.number if self._undoable else 0

    def revise(self, change: Callable[[Write], None]) -> None:
        """Let `change` take out of each write that an undo or redo would make what is gone."""
        for entry in (*self._undoable, *self._redoable):
            for write in entry.inverse:
                change(write)

    def add(self, entry: Entry) -> None:
        """Note a new patch; what was undone before it cannot be done again."""
        self._patches.append(entry.patch)
        self._undoable.append(entry)
        self._redoable.clear()
        _move_breakpoints(entry.baselines)

    def patches(self) -> tuple[Patch, ...]:
        """Give the committed patches, oldest first."""
        return tuple(self._patches)

    def diff(self, number: int | None) -> str:
        """Give what patch `number` (the newest for None) changed in the files, as a unified diff.

        Empty where it changed no text, or can no longer be undone.
        """
        every = [*self._undoable, *self._redoable]
        if number is None:
            chosen = every[: len(self._undoable)][-1:]
        else:
            chosen = [entry for entry in every if entry.patch.number == number]
        return textdiff.unified(
            (tracked.file, textdiff.shown(before, LATE), textdiff.shown(after, LATE))
            for entry in chosen
            for tracked, before, after in entry.baselines
        )

    def texts_of(self, number: int) -> list[tuple[TrackedFile, str, str]]:
        """Give the files that patch `number` changed with their texts before and after."""
        return [
            (tracked, before.text, after.text)
            for entry in self._undoable
            if entry.patch.number == number
            for tracked, before, after in entry.baselines
            if before is not LATE and before.text != after.text
        ]

    def depth_of(self, number: int) -> int:
        """Give how many patches have to be undone to be rid of `number`, 0 if it is gone."""
        numbers = [entry.patch.number for entry in self._undoable]
        return len(numbers) - numbers.index(number) if number in numbers else 0

    def inverse_of(self, number: int) -> list[Write]:
        """Give what takes patch `number` back, empty where it cannot be undone any more."""
        found = [entry.inverse for entry in self._undoable if entry.patch.number == number]
        return list(found[0]) if found else []

    def undo(self, n: int, notes: tuple[Note, ...] = ()) -> Patch:
        """Take back the newest `n` patches, in one commit; `notes` say why."""
        return self._turn(self._undoable, self._redoable, n, PatchKind.UNDO, notes)

    def redo(self, n: int) -> Patch:
        """Do the newest `n` undone patches again, in one commit."""
        return self._turn(self._redoable, self._undoable, n, PatchKind.REDO)

    def _turn(
        self, source: deque[Entry] | list[Entry], target: deque[Entry] | list[Entry], n: int,
        kind: PatchKind, notes: tuple[Note, ...] = (),
    ) -> Patch:  # fmt: skip
        chosen = list(source)[::-1][: max(n, 0)]
        if not chosen:
            return Patch(0, kind)
        planned: dict[tuple[int, str], object] = {}
        batches = sharing.batched(
            [
                caches.emptied([holding.adapted(w, planned) for w in entry.inverse])
                for entry in chosen
            ]
        )
        notes += tuple(_kept(batches))
        inverses = SESSIONS.commit_all(batches)
        for _ in chosen:
            source.pop()
        for entry, inverse in zip(chosen, inverses, strict=True):
            for tracked, before, _ in entry.baselines:
                tracked.text = before
            turned = [(tracked, after, before) for tracked, before, after in entry.baselines]
            _move_breakpoints(turned)
            target.append(Entry(entry.patch, inverse, turned))
        changes = tuple(change for entry in chosen for change in entry.patch.changes)
        files = tuple(dict.fromkeys(file for entry in chosen for file in entry.patch.files))
        patch = replace(
            chosen[-1].patch, number=self.next_number(), kind=kind, changes=changes, files=files,
            notes=notes, seconds=0.0,
        )  # fmt: skip
        self._patches.append(patch)
        return patch


def _kept(batches: Sequence[Sequence[Write]]) -> Iterator[Note]:
    """Give a note for each kind of closure that does not go back, or forth, as a whole."""
    for batch in batches:
        for code, message in sharing.messages_of(batch):
            place = (code.co_qualname, code.co_filename, code.co_firstlineno)
            yield Note("closure-shape", *place, message)


def _move_breakpoints(baselines: Baselines) -> None:
    for tracked, before, after in baselines:
        if before is not LATE and after is not LATE:
            breakpoints.follow(tracked.names, before.text, after.text)
    if baselines:
        breakpoints.restart_events()
