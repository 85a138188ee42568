"""The one owner of what is tracked and what was done: `Patcher`.

Its lock guards the registry's baselines, the history, the held files and the numbering. It is
held while a patch is prepared and committed, never across a wait, a sleep or a hook.
"""

from __future__ import annotations

import linecache
import threading
import time
import traceback
from collections.abc import Callable, Collection, Mapping, Sequence
from types import CodeType, ModuleType

from livepatch.diff.match import order_files
from livepatch.errors import NotTrackedError, SourceError
from livepatch.model import Edit, FilePlan, Note, Patch, PatchKind, Refusal
from livepatch.patching import files as whole_files
from livepatch.patching import imports, liveloops, prepare, reading, stale, truth
from livepatch.patching.commits import SESSIONS
from livepatch.patching.history import Entry, History
from livepatch.patching.optin import Marks
from livepatch.patching.reading import Reading
from livepatch.patching.refusals import execution_refusal, refusal
from livepatch.patching.registry import Registry
from livepatch.patching.site import Site
from livepatch.patching.transaction import Transaction
from livepatch.patching.units import Units
from livepatch.runtime import classes, drift
from livepatch.source.text import SourceText, decode_source, read_source

Callback = Callable[[Patch], object]
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
        self._callbacks: list[Callback] = []
        self._told: tuple[Refusal, ...] = ()
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

    def apply(self, files: Collection[str] | None = None) -> Patch:
        """Make the program embody what `files` (all tracked ones) hold now, whole or not at all.

        Held files of earlier tries belong to the batch. Gives the patch; `ok` is false, and
        nothing was changed, where one of the files cannot be taken.
        """
        with self._lock, SESSIONS.transaction():
            patch = self._apply(files)
        self._tell(patch)
        return patch

    def apply_sources(
        self, sources: Mapping[str, bytes], *, kind: PatchKind = PatchKind.STRING
    ) -> Patch:
        """Make the program embody these texts of tracked files, whatever is on disk.

        One transaction, like `apply`; nothing is held for later where it is refused.
        """
        with self._lock, SESSIONS.transaction():
            patch = self._apply_sources(sources, kind)
        self._tell(patch)
        return patch

    def apply_rewritten(self, file: str, rewrite: Callable[[str], bytes]) -> Patch:
        """Make the program embody `rewrite(text)`, `text` being the one it embodies now.

        No other patch comes between the two. What `rewrite` raises is raised on.
        """
        with self._lock, SESSIONS.transaction():
            tracked = self.registry.get(file)
            if tracked is None:
                raise NotTrackedError(file, "no module was made from it")
            late = tracked.is_late
            base = read_source(tracked.file) if late else tracked.text
            sources = {tracked.file: rewrite(base.text)}
            patch = self._apply_sources(sources, PatchKind.STRING)
        self._tell(patch)
        return patch

    def _apply_sources(self, sources: Mapping[str, bytes], kind: PatchKind) -> Patch:
        started = time.perf_counter()
        readings: list[Reading] = []
        errors: list[SourceError] = []
        for file, data in sources.items():
            tracked = self.registry.get(file)
            if tracked is None:
                raise NotTrackedError(file, "no module was made from it")
            try:
                readings.append(reading.make_reading(tracked, decode_source(file, data)))
            except SourceError as error:
                errors.append(error)
        if errors:
            return Patch(0, kind, errors=tuple(refusal(error) for error in errors))
        return self._carry_out(readings, kind, started)

    def _apply(self, files: Collection[str] | None) -> Patch:
        started = time.perf_counter()
        if files is not None:
            held = {tracked.file for tracked in self.registry if tracked.held}
            files = {*files, *held}
        sources, errors = reading.changed_sources(self.registry, files)
        readings: list[Reading] = []
        for tracked, source in sources:
            try:
                readings.append(reading.make_reading(tracked, source))
            except SourceError as error:
                errors.append(error)
        if errors:
            return self._held([refusal(error) for error in errors], sources)
        for item in readings:
            item.tracked.seen = item.source.data
        patch = self._carry_out(readings, PatchKind.FILES, started)
        return patch if patch.ok else self._held(list(patch.errors), sources)

    def _carry_out(self, readings: list[Reading], kind: PatchKind, started: float) -> Patch:
        readings = self._in_order(readings)
        transaction = Transaction()
        try:
            notes = self._prepare(transaction, readings)
            refused = self._refused_by_gate(transaction, readings)
            if refused is None:
                transaction.flush(final=True)
        except Exception as error:  # noqa: BLE001  the program's own code may raise anything
            refused = execution_refusal(error, readings)
        if refused is not None:
            transaction.rollback()
            return Patch(0, kind, errors=(refused,), files=tuple(r.tracked.file for r in readings))
        return self._committed(transaction, readings, notes, kind, started)

    def _refused_by_gate(
        self, transaction: Transaction, readings: Sequence[Reading]
    ) -> Refusal | None:
        plans = [item.plan for item in readings]
        return next(filter(None, (gate(transaction, plans) for gate in self.gates)), None)

    def _in_order(self, readings: list[Reading]) -> list[Reading]:
        if len(readings) < 2:  # noqa: PLR2004
            return readings
        needed = {
            item.tracked.file: imports.imported_files(item.tracked, item.source.text, self.registry)
            for item in readings
        }
        by_file = {item.tracked.file: item for item in readings}
        return [by_file[plan.file] for plan in order_files([r.plan for r in readings], needed)]

    def _prepare(self, transaction: Transaction, readings: Sequence[Reading]) -> list[Note]:
        sites = []
        for item in readings:
            for module in item.tracked.live_modules():
                rewrite = liveloops.rewriter(module, self.marks)
                units = Units(item.tracked.code_name, item.flags, item.whole, rewrite)
                site = Site(
                    transaction, self.registry, item.tracked, module, item.plan, units,
                    item.source.text,
                )  # fmt: skip
                prepare.prepare(site, self.edit_filters)
                sites.append(site)
        imports.follow(transaction, self.registry)
        late = [note for item in readings for note in item.notes]
        return [*late, *stale.notes(transaction, sites, self.registry)]

    def _held(
        self, refusals: list[Refusal], sources: Sequence[tuple[object, SourceText]]
    ) -> Patch:
        guilty = {item.file for item in refusals}
        waiting = tuple(s.file for _, s in sources if s.file not in guilty)
        for file in {*guilty, *waiting}:
            tracked = self.registry.get(file)
            if tracked is not None:
                tracked.held = True
        errors = tuple(
            Refusal(r.slug, r.file, r.line, r.message, r.qualname, r.column, r.line_text, waiting,
                    r.traceback)
            for r in refusals
        )  # fmt: skip
        return Patch(0, errors=errors, files=(*sorted(guilty), *waiting))

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
            if kind is not PatchKind.STRING:  # a text from elsewhere says nothing of the file
                item.tracked.seen = item.source.data
                item.tracked.held = False
            for name in item.tracked.names:
                if name in linecache.cache:
                    linecache.checkcache(name)
        if not transaction.inverse:
            unsure = (note for item in readings for note in item.notes)
            return Patch(0, kind, notes=(*transaction.notes, *unsure))
        notes = [*transaction.notes, *notes, *truth.notes_after_commit(transaction)]
        patch = Patch(
            self._history.next_number(),
            kind,
            tuple(transaction.changes),
            notes=tuple(dict.fromkeys(notes)),
            files=tuple(item.tracked.file for item in readings),
            seconds=seconds,
        )
        for cls in transaction.discarded:
            classes.detach(cls)
        self._history.add(Entry(patch, transaction.inverse, restore))
        return patch

    def undo(self, n: int = 1) -> Patch:
        """Put back the state before the newest `n` patches; gives the patch that does it."""
        with self._lock, SESSIONS.transaction():
            patch = self._history.undo(n)
        self._tell(patch)
        return patch

    def newest(self) -> int:
        """Give the number of the patch that `undo()` would take back, 0 for none."""
        with self._lock:
            return self._history.newest()

    def rewrite_file(
        self, file: str, rewrite: Callable[[bytes], bytes], changed: Callable[[], Exception]
    ) -> None:
        """Write `rewrite(bytes)` to a tracked file; raise `changed()` if it is not as last seen."""
        with self._lock:
            tracked = self.registry.get(file)
            data = whole_files.read(file)
            if tracked is None or data is None or data != tracked.seen:
                raise changed()
            new = rewrite(data)
            tracked.seen = new  # before the write: the watcher must not take it for an edit
            try:
                whole_files.write(file, new)
            except OSError:
                tracked.seen = data
                raise

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

    def on_patch(self, callback: Callback) -> Callable[[], None]:
        """Call `callback` with each patch, committed or held; gives what ends that."""
        self._callbacks.append(callback)

        def remove() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return remove

    def _tell(self, patch: Patch) -> None:
        if not patch and patch.ok and not patch.notes:
            return
        if patch.errors and patch.errors == self._told:
            return  # the same files are held for the same reason: it was said
        self._told = patch.errors
        for callback in list(self._callbacks):
            try:
                callback(patch)
            except Exception:  # noqa: BLE001  a hook that raises does not hurt the program
                traceback.print_exc()

