"""The one owner of what is tracked and what was done: `Patcher`.

Its lock guards the registry's baselines, the history, the held files and the numbering. It is
held while a patch is prepared and committed, never across a wait, a sleep or a hook.
"""

from __future__ import annotations

import linecache
import threading
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from types import CodeType, ModuleType

from livepatch.errors import NotTrackedError, SourceError
from livepatch.model import Edit, FilePlan, Note, Patch, PatchKind, Refusal, Write
from livepatch.patching import imports, overdue, reading, reruns, together, truth
from livepatch.patching.commits import SESSIONS
from livepatch.patching.history import Entry, History
from livepatch.patching.hooks import Callback, Hooks
from livepatch.patching.optin import Marks
from livepatch.patching.progress import progress_of
from livepatch.patching.reading import Reading
from livepatch.patching.refusals import execution_refusal, held_patch, refusal
from livepatch.patching.registry import Registry, TrackedFile
from livepatch.patching.transaction import Transaction
from livepatch.runtime import classes, drift, heap
from livepatch.source.text import SourceText, decode_source

Files = Collection[str] | None
Check = Callable[[], bool]
Source = bytes | Callable[[str], bytes]
EditFilter = Callable[[ModuleType, Edit], bool]
"""Tells whether an edit of a module is to be carried out; all of them must agree."""
Gate = Callable[[Transaction, Sequence[FilePlan]], Refusal | None]
"""Looks at a prepared transaction before its commit; a refusal holds the whole batch."""


class Patcher:
    """Tracks modules, applies what changed on disk as one transaction, and can take it back."""

    def __init__(self) -> None:
        """Track nothing yet."""
        self.registry = Registry()
        self._lock = threading.RLock()
        self._history = History()
        self._hooks = Hooks()
        self.marks = Marks()
        self.edit_filters: list[EditFilter] = [self.marks.wants]
        self.gates: list[Gate] = [self.marks.note_frozen]

    def track(  # noqa: PLR0913
        self,
        module: ModuleType,
        file: str,
        data: bytes | None = None,
        root: CodeType | None = None,
        *,
        hosted: bool = False,
        marked_only: bool = False,
    ) -> None:
        """Note that `module` was made from `data`, the bytes that `file` had then.

        Without `data` it is what the file holds, if that cannot have changed since the process
        began; otherwise the next `apply` of the file compares it with the running code.
        A `hosted` module is patched though it is not in `sys.modules`; `forget` ends that.
        With `marked_only` only what `marks` names is patched, until it is tracked without.
        """
        late = False
        if data is None:
            with open(file, "rb") as stream:  # noqa: PTH123
                data = stream.read()
            late = bool(data.strip()) and drift.may_have_changed(file)
        with self._lock:
            self.registry.track(module, file, None if late else data, root, hosted=hosted)
        (self.marks.restrict if marked_only else self.marks.widen)(module)

    def forget(self, module: ModuleType) -> None:
        """Track `module` no longer; what was patched stays patched."""
        with self._lock:
            self.registry.forget(module)

    def reserve(self, file: str) -> Callable[[], None]:
        """Keep `apply` away from `file`: a host brings its text with `apply_sources`.

        A file that is reserved neither waits for others nor holds them up. Gives what ends that.
        """
        with self._lock:
            self.registry.reserve(file)
        reserved = [file]

        def release() -> None:
            with self._lock:
                if reserved:
                    self.registry.reserve(reserved.pop(), -1)

        return release

    def is_late(self, file: str) -> bool:
        """Tell whether the module of `file` may run another text than the one on disk."""
        tracked = self.registry.get(file)
        return tracked is not None and tracked.is_late

    def is_tracked(self, file: str) -> bool:
        """Tell whether a module was made from `file`."""
        return file in self.registry

    def files(self) -> frozenset[str]:
        """Give the real paths of all tracked files."""
        return self.registry.files()

    def apply(
        self,
        files: Files = None,
        *,
        retry: bool = True,
        undisturbed: Check | None = None,
    ) -> Patch:
        """Make the program embody what `files` (all tracked ones) hold now, whole or not at all.

        Held files of earlier tries belong to the batch. Gives the patch; `ok` is false, and
        nothing was changed, where one of the files cannot be taken. Without `retry` nothing is
        done where all texts are those that were refused before; nor where `undisturbed`, which
        is asked once the files are read, says that they are being written again.
        """
        with self._lock, SESSIONS.transaction(), heap.seldom_collected():
            patch = self._apply(files, undisturbed, retry=retry)
        self._tell(patch)
        return patch

    def apply_sources(
        self, sources: Mapping[str, Source], *, kind: PatchKind = PatchKind.STRING
    ) -> Patch:
        """Make the program embody these texts of tracked files, whatever is on disk.

        One transaction, like `apply`; nothing is held for later where it is refused. A text
        that is a function is what that gives for the text which the program embodies now.
        """
        with self._lock, SESSIONS.transaction():
            patch = self._apply_sources(sources, kind)
        self._tell(patch)
        return patch

    def _apply_sources(self, sources: Mapping[str, Source], kind: PatchKind) -> Patch:
        started = time.perf_counter()
        readings: list[Reading] = []
        errors: list[SourceError] = []
        for file, given in sources.items():
            tracked = self.registry.get(file)
            if tracked is None:
                raise NotTrackedError(file, "no module was made from it")
            data = given if isinstance(given, bytes) else given(tracked.known_text())
            try:
                readings.append(reading.make_reading(tracked, decode_source(file, data)))
            except SourceError as error:
                errors.append(error)
        if errors:
            return Patch(0, kind, errors=tuple(refusal(error) for error in errors))
        return self._carry_out(readings, kind, started)

    def _apply(self, files: Files, undisturbed: Check | None, *, retry: bool) -> Patch:
        started = time.perf_counter()
        if files is not None:
            held = {tracked.file for tracked in self.registry if tracked.held}
            files = {*files, *held}
        sources, errors = reading.changed_sources(self.registry, files)
        if undisturbed is not None and not undisturbed():
            for tracked, _ in sources:
                tracked.stamp = None  # not taken
            return Patch(0)
        known = all(source.data == tracked.seen for tracked, source in sources)
        if known and not errors and not retry:
            return Patch(0)  # a thread that tries again would disturb the program for nothing
        readings: list[Reading] = []
        for tracked, source in sources:
            try:
                readings.append(reading.make_reading(tracked, source))
            except SourceError as error:
                errors.append(error)
        if errors:
            return held_patch(self.registry, [refusal(error) for error in errors], sources)
        for item in readings:
            item.tracked.seen = item.source.data
        patch = self._carry_out(readings, PatchKind.FILES, started)
        return patch if patch.ok else held_patch(self.registry, list(patch.errors), sources)

    def _carry_out(self, readings: list[Reading], kind: PatchKind, started: float) -> Patch:
        readings = imports.in_order(readings, self.registry)
        transaction = Transaction()
        notes: list[Note] = []
        try:
            notes = together.prepare(
                transaction, readings, self.registry, self.marks, self.edit_filters
            )
            refused = self._refused_by_gate(transaction, readings)
            if refused is None:
                if self._hooks.anybody_before:
                    self._hooks.announce(transaction.preview(self._history.number + 1, kind))
                transaction.flush(final=True)
        except Exception as error:  # noqa: BLE001  the program's own code may raise anything
            refused = execution_refusal(error, readings)
        except BaseException:  # Ctrl-C in the middle: nothing stays half done
            transaction.rollback()
            raise
        if refused is not None:
            transaction.rollback()
            return Patch(
                0, kind, errors=(refused,), files=tuple(r.tracked.file for r in readings)
            )
        return self._committed(transaction, readings, notes, kind, started)

    def _refused_by_gate(
        self, transaction: Transaction, readings: Sequence[Reading]
    ) -> Refusal | None:
        plans = [item.plan for item in readings]
        return next(filter(None, (gate(transaction, plans) for gate in self.gates)), None)

    def _committed(
        self,
        transaction: Transaction,
        readings: Sequence[Reading],
        notes: list[Note],
        kind: PatchKind,
        started: float,
    ) -> Patch:
        seconds = time.perf_counter() - started
        restore = [(item.tracked, item.tracked.text, item.text) for item in readings]
        for item in readings:
            item.tracked.text = item.text
            if kind is PatchKind.FILES:  # a text from elsewhere says nothing of the file
                item.tracked.seen = item.source.data
                item.tracked.held = False
                item.tracked.undone = None
            for name in item.tracked.names:
                if name in linecache.cache:
                    linecache.checkcache(name)
        if not transaction.inverse:
            unsure = (note for item in readings for note in item.notes)
            return Patch(0, kind, notes=(*transaction.notes, *unsure))
        notes = [*transaction.notes, *notes, *truth.notes_after_commit(transaction)]
        notes += overdue.notes()
        patch = Patch(
            self._history.next_number(),
            kind,
            tuple(transaction.changes),
            notes=tuple(dict.fromkeys(notes)),
            files=tuple(item.tracked.file for item in readings),
            seconds=seconds,
            reach=progress_of(transaction.replaced, truth.new_codes(transaction)),
        )
        for cls in transaction.discarded:
            classes.detach(cls)
        self._history.add(Entry(patch, transaction.inverse, restore))
        return patch

    def commit(self, transaction: Transaction, kind: PatchKind) -> Patch:
        """Carry out a `transaction` that somebody else has prepared, and give the patch."""
        with self._lock, SESSIONS.transaction():
            started = time.perf_counter()
            transaction.flush(final=True)
            patch = self._committed(transaction, (), [], kind, started)
        self._tell(patch)
        return patch

    def undo(self, n: int = 1) -> Patch:
        """Put back the state before the newest `n` patches; gives the patch that does it."""
        with self._lock, SESSIONS.transaction():
            patch = self._history.undo(n)
            self._note_undone(patch)
        self._tell(patch)
        return patch

    def rerun(self, target: str) -> Patch:
        """Execute again the statement that binds `module:NAME`; gives the patch.

        Raises `UsageError` or `NotTrackedError` for what is not there.
        """
        started = time.perf_counter()
        with self._lock, SESSIONS.transaction():
            tracked, plan = reruns.plan_for(self.registry, target)
            text = tracked.known_text()
            source = SourceText(tracked.file, text.encode(), text)
            again = Reading(tracked, source, tracked.text, plan, tracked.flags(text))
            patch = self._carry_out([again], PatchKind.RERUN, started)
        self._tell(patch)
        return patch

    def revise_history(self, change: Callable[[Write], None]) -> None:
        """Let `change` take things that are gone out of what an undo or redo would write."""
        with self._lock:
            self._history.revise(change)

    def newest(self) -> int:
        """Give the number of the patch that `undo()` would take back, 0 for none."""
        with self._lock:
            return self._history.newest()

    def standstill(self) -> AbstractContextManager[object]:
        """Let no patch come, from any other thread, inside the block."""
        return self._lock

    def redo(self, n: int = 1) -> Patch:
        """Do again what the newest undo took back."""
        with self._lock, SESSIONS.transaction():
            patch = self._history.redo(n)
        self._tell(patch)
        return patch

    def history(self) -> tuple[Patch, ...]:
        """Give the committed patches, oldest first."""
        with self._lock:
            return self._history.patches()

    def diff(self, number: int | None = None) -> str:
        """Give what patch `number` (the newest one) changed in the files, as a unified diff."""
        with self._lock:
            return self._history.diff(number)

    def texts_of(self, number: int) -> list[tuple[TrackedFile, str, str]]:
        """Give the files that patch `number` changed with their texts before and after."""
        with self._lock:
            return self._history.texts_of(number)

    def on_patch(self, callback: Callback, *, before: bool = False) -> Callable[[], None]:
        """Call `callback` with each patch, committed or held; gives what ends that.

        With `before` it is called with what is about to be committed, while the patcher waits.
        """
        return self._hooks.add(callback, before=before)

    def undo_through(self, number: int, note: Note | None = None) -> Patch:
        """Put back the state before patch `number`, if it was not undone; `note` says why."""
        with self._lock, SESSIONS.transaction():
            n = self._history.depth_of(number)
            notes = (note,) if note is not None else ()
            patch = self._history.undo(n, notes) if n else Patch(0, PatchKind.UNDO)
            self._note_undone(patch)
        self._tell(patch)
        return patch

    def _note_undone(self, patch: Patch) -> None:
        for file in patch.files:
            tracked = self.registry.get(file)
            if tracked is not None:  # saving it again, even as it is, asks for it again
                tracked.undone = reading.stamp_of(file)

    def _tell(self, patch: Patch) -> None:
        self._hooks.tell(patch)
