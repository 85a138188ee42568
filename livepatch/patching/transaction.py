"""Prepare, then commit or roll back: the only client of the writer.

Writes are collected and carried out together. Only where a statement of the new text has to
call code that the same patch changes are the writes so far carried out early (`flush`), since
that statement must see them; whatever happened early is taken back by a rollback as well.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain
from types import CodeType, FunctionType, ModuleType
from typing import Any

from livepatch import interp
from livepatch.model import (
    MISSING,
    Change,
    FunctionState,
    Note,
    Patch,
    PatchKind,
    Write,
    WriteKind,
)
from livepatch.patching import conforming
from livepatch.patching.commits import SESSIONS
from livepatch.patching.registering import Registrars
from livepatch.runtime import epochs, frames, functions, heap, loops, sharing
from livepatch.runtime.shaping import Shape


@dataclass(frozen=True, slots=True)
class CodePair:
    """Old code whose every user is to run `new`; `known` are the functions already served.

    `owners` is how many references are accounted for: one for each known function, which is not
    there where it picks a version, and one for each constants tuple that is known to be alive. `defaults` are those of the parameters of the
    enclosing function: what a variable that is captured for the first time would hold. `follow`
    gives what else the functions that are found get.
    """

    old: CodeType
    new: CodeType
    owners: int
    known: tuple[FunctionType, ...]
    place: tuple[str, str, int]  # file, qualified name, line in the new text
    shape: Callable[[], Shape] = Shape
    follow: Callable[[Sequence[FunctionType]], Iterable[Write]] = lambda _: ()


@dataclass(frozen=True, slots=True)
class Rebinding:
    """A name of a module that held `old` and now holds `new` (MISSING: no such name)."""

    module: ModuleType
    name: str
    old: object
    new: object


def _nothing() -> None:
    """Let nobody follow."""


class Transaction:
    """The writes of one patch, done and to be done."""

    def __init__(self) -> None:
        """Start with nothing done."""
        self.pending: list[Write] = []
        self.inverse: list[Write] = []
        self.pairs: list[CodePair] = []
        self.gone: list[tuple[CodePair, Callable[[], bool]]] = []
        self.changes: list[Change] = []
        self.notes: list[Note] = []
        self.rebound: list[Rebinding] = []
        self.changed_by: dict[tuple[str, str], Change] = {}
        self.withdrawn: list[Rebinding] = []
        self.replaced: list[CodeType] = []
        self.forward: list[Write] = []
        self.discarded: list[type] = []
        self.rebuilt: list[type] = []
        self.registrars = Registrars()
        self.catch_up: Callable[[], None] = _nothing
        """Lets importers follow what was rebound, before a statement looks."""

    @contextmanager
    def catching_up(self, catch_up: Callable[[], None]) -> Iterator[None]:
        """Have importers follow by `catch_up` inside the block."""
        self.catch_up = catch_up
        try:
            yield
        finally:  # it may know this transaction: a circle would keep code alive
            self.catch_up = _nothing

    def add(self, writes: Iterable[Write]) -> None:
        """Carry out `writes` with the next flush or the commit."""
        self.pending.extend(writes)

    def done(self, inverse: Iterable[Write]) -> None:
        """Note what takes back something that has already happened, newest first."""
        self.inverse[:0] = inverse

    def preview(self, number: int, kind: PatchKind = PatchKind.FILES) -> Patch:
        """Give the patch that this will be, as far as it is known before the commit."""
        changes = tuple(self.changes)
        files = tuple(dict.fromkeys(change.file for change in changes))
        return Patch(number, kind, changes, files=files)

    def writes_to(self, namespace: object, name: str) -> bool:
        """Tell whether there is a write to `name` in `namespace`, which others may not see yet."""
        every = chain(self.pending, self.forward)
        return any(write.target is namespace and write.name == name for write in every)

    def upcoming(self, namespace: dict[str, Any], name: str) -> Any:
        """Give what `name` is about to hold in `namespace`: what was written last, or is there."""
        for write in chain(reversed(self.pending), reversed(self.forward)):
            if write.target is namespace and write.name == name:
                return write.value
        return namespace.get(name, MISSING)

    def pending_value(self, target: object, name: str) -> Any:
        """Give what a write to `name` of `target` will make of it, MISSING where none waits."""
        values = [w.value for w in self.pending if w.target is target and w.name == name]
        return values[-1] if values else MISSING

    def publish(self) -> None:
        """Carry out the pending writes that only add names: old code cannot notice them."""
        if not self.pending:
            return
        added = [
            write
            for write in self.pending
            if write.kind is WriteKind.ITEM
            and write.value is not MISSING
            and write.name not in write.target  # type: ignore[operator]
        ]
        if added:
            chosen = {id(write) for write in added}
            self.pending = [write for write in self.pending if id(write) not in chosen]
            self._carry_out(added)

    def flush(self, *, final: bool = False) -> None:
        """Carry out all pending writes, in one C call; `final` ends the patch."""
        with heap.uncollected():
            inner = [pair for pair in self.pairs if not pair.known]
            self._serve_pairs()
            self._carry_out_pending(final=final)
            if inner:
                self._serve_late(inner)
                self._carry_out_pending(final=final)

    def _carry_out_pending(self, *, final: bool) -> None:
        writes, self.pending = self.pending, []
        writes.sort(key=lambda write: write.kind is WriteKind.CALL)  # stable: calls come last
        if writes:
            self._carry_out(writes, final=final)

    def carry_out_now(self, writes: list[Write]) -> None:
        """Carry out `writes` ahead of all others; raises what CPython says against them."""
        self._carry_out(writes)

    def _carry_out(self, writes: list[Write], *, final: bool = False) -> None:
        self.done(SESSIONS.commit(writes, final=final))
        self.forward.extend(writes)

    def rollback(self) -> list[str]:
        """Take back all that happened; give a line for each write that could not be."""
        self.pending.clear()
        self.pairs.clear()
        failed = SESSIONS.take_back(self.inverse)
        self.inverse.clear()
        return failed

    def _serve_pairs(self) -> None:
        """Give new code to every function that shares replaced code (live closures, copies).

        A reference count equal to the known owners proves that there is no other user;
        only an excess is worth a search of the heap, one for all pairs together.
        """
        pairs, self.pairs = self.pairs, []
        gone, self.gone = self.gone, []
        if not pairs and not gone:
            return
        every = [*pairs, *(pair for pair, _ in gone)]
        known = {id(function) for pair in every for function in pair.known}
        stacks = [epochs.stacks[key] for key in known if key in epochs.stacks]
        suspects = _with_unknown_owners(every, self._held(stacks))
        self.replaced.extend(pair.old for pair in pairs)
        users = heap.users_of([pair.old for pair in suspects]) if suspects else {}
        turning = self._turning()
        swaps = []
        for pair in pairs:
            found = users.get(id(pair.old), heap.NOBODY)
            others = set(map(id, pair.known)) | turning.get(id(pair.old), set())
            more = found.functions
            if more and others:
                more = [function for function in more if id(function) not in others]
            self._serve_all(more, pair)
            self.add(pair.follow(more))
            served = [*pair.known, *more] if pair.known else more
            swaps.append((served, pair.old, pair.new))
            first = served[0] if served else None
            self.add(conforming.replaced(found.conformers, pair.old, pair.new, first))
        for pair, is_bound in gone:
            found = users.get(id(pair.old), heap.NOBODY)
            self.add(conforming.removed(found.conformers, pair.known[0], is_bound))
        self.add(conforming.registry_write(swaps))
        self._serve_pending(pairs)

    def _serve_late(self, pairs: list[CodePair]) -> None:
        """Serve the closures that other threads have made between the search and the commit."""
        late = _with_unknown_owners(pairs, self._held(epochs.stacks.values()))
        users = heap.users_of([pair.old for pair in late]) if late else {}
        for pair in late:
            more = users.get(id(pair.old), heap.NOBODY).functions
            if more:
                self._serve_all(more, pair)
                self.add(pair.follow(more))

    def _held(self, stacks: Iterable[epochs.Stack]) -> Counter[int]:
        """Count, by the id of the code, how often this transaction and `stacks` own it."""
        every = [*self.forward, *self.inverse]
        eras = [era for stack in stacks for era in stack.eras]
        values = [*(write.value for write in every), *(era.state for era in eras)]
        states = {id(value): value for value in values if isinstance(value, FunctionState)}
        codes = chain(
            self.replaced,
            (value for value in values if isinstance(value, CodeType)),
            (write.target.code for write in every if isinstance(write.target, sharing.Sharers)),
            (state.code for state in states.values()),
            (era.clone.__code__ for era in eras),
        )
        return Counter(map(id, codes))

    def _turning(self) -> dict[int, set[int]]:
        """Give the functions that will run something else anyway, by the code they run now."""
        found: dict[int, set[int]] = {}
        for write in self.pending:
            function, state = write.target, write.value
            if isinstance(state, FunctionState) and isinstance(function, FunctionType):
                code = epochs.plain_code(function)
                if state.code is not code:
                    found.setdefault(id(code), set()).add(id(function))
        return found

    def _serve_pending(self, pairs: list[CodePair]) -> None:
        """Let no function that is yet to be written come to run code that is replaced.

        A decorator that only moved has made a new wrapper; whoever turns into that wrapper gets
        its code as well, and nobody on the heap shows it yet.
        """
        renewed = {id(pair.old): pair for pair in pairs}
        for write in self.pending:
            state = write.value
            if not isinstance(state, FunctionState) or id(state.code) not in renewed:
                continue
            pair = renewed[id(state.code)]
            if pair.old.co_freevars == pair.new.co_freevars:
                write.value = replace(state, code=pair.new)

    def _serve_all(self, more: list[FunctionType], pair: CodePair) -> None:
        if not more and (pair.known or not self.pending):
            return
        # Also where there is no closure: the undo looks for those made since.
        shape, is_body = pair.shape(), loops.is_body(pair.new)
        plain = shape.after.literals is None and not is_body
        if plain and functions.needs_only_code(pair.old, pair.new):
            self.add([sharing.write(pair.old, pair.new, more)])
            return
        if not (pair.known or is_body):
            self.add([sharing.write(pair.old, pair.new, [], shape)])
        for function in more:
            spare = loops.spare_cells(function, pair.new) if is_body else None
            writes, messages = shape.writes_for(function, pair.old, pair.new, spare)
            self.add(writes)
            for message in messages:
                self._note(pair, message)

    def _note(self, pair: CodePair, message: str) -> None:
        file, qualname, line = pair.place
        note = Note("closure-shape", qualname, file, line, message)
        if note not in self.notes:
            self.notes.append(note)


def _with_unknown_owners(pairs: list[CodePair], held: Mapping[int, int]) -> list[CodePair]:
    """Give the pairs whose old code has owners that neither they nor `held` account for."""
    codes = [pair.old for pair in pairs]
    base = interp.lone_constant_count()
    excess = {}
    for index, pair in enumerate(pairs):
        # the list `codes` is in `base`; the pair itself is one owner more
        count = interp.constant_count(codes, index) - base + 1
        picking = sum(function.__code__ is not pair.old for function in pair.known)
        more = count - 1 - (pair.owners - picking) - held.get(id(pair.old), 0)
        if more > 0:
            excess[index] = more
    if not excess:
        return []
    running = Counter(id(frame.f_code) for _, frame in frames.stacks())
    return [
        pairs[index] for index, more in excess.items() if more > running[id(pairs[index].old)]
    ]
