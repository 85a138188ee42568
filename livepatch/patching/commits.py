"""The commit that respects who is pinned to which version: the process's one `Sessions`.

A commit at epoch N+1 while somebody is pinned to N or before is layered (`patching.layers`);
with nobody pinned it is plain. What was layered is settled by whoever ends the last session that
needed it. Two locks: `_writer` is held through a transaction and through a settling, `_gate` for
the moment in which a commit decides and happens. Nothing of the program runs under `_gate`.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from types import FunctionType
from typing import Any

from livepatch.model import MISSING, Write, WriteKind
from livepatch.patching.copies import is_alias
from livepatch.patching.headroom import Headroom
from livepatch.patching.layers import Layers
from livepatch.patching.pinned import Pinned
from livepatch.patching.pins import Pins
from livepatch.runtime import auditing, carrying, sharing, swap
from livepatch.runtime.epochs import EARLY, LATEST, NEWEST, PIN, UNPINNED, Pin, pin_of


class Sessions(Pins):
    """The open sessions, and the one way in which writes are committed."""

    def __init__(self) -> None:
        """Have no session and no patch."""
        super().__init__()
        self._layers = Layers(swap.state_of)
        self._headroom = Headroom()
        self._writer = threading.RLock()
        self._busy = 0  # transactions under way, one inside the other
        self._owner = 0
        self._due = False

    def begin(self) -> None:
        """Prepare for the first session; a transaction that has begun without it ends first."""
        carrying.install(Pinned)
        if self._writer.acquire(timeout=5.0):
            self.used = True
            self._writer.release()
        with self._gate:
            self.used = True
            self._review()

    def hide_early_writes(self) -> None:
        """Let nobody but its own thread see what a transaction does before it ends."""
        if not self.used:
            self.begin()

    def guard(self, functions: Sequence[FunctionType], trip: Callable[[Any], object]) -> None:
        """Have exceptions that pass out of `functions` told to `trip` (before sys.monitoring)."""
        with self._writer:
            clones, writes = self._layers.guarded(functions, trip)
            swap.commit(clones)
            self._headroom.make()
            with self._shut():
                swap.commit(writes)

    def unguard(self) -> None:
        """Have no function guarded any more."""
        self._layers.unguard()
        self.settle()

    def send_out(self, share: float, is_canary: Callable[[], bool]) -> None:
        """Let the next commit be seen by the sessions that `is_canary` picks, and no one else."""
        if not self.used:
            self.begin()
        with self._shut():
            self.canary_share, self.is_canary = share, is_canary

    def call_in(self, *, promote: bool = True) -> None:
        """Make no difference between sessions any more; `promote` lets everybody see all."""
        with self._shut():
            self.canary_share = 0.0
            if promote and not self._owner:
                self._show()
        if promote:
            self.settle()

    def is_mine(self) -> bool:
        """Tell whether this thread is in the middle of a transaction."""
        return self._owner == threading.get_ident()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep other transactions and settlings out; this thread sees what is committed early."""
        with self._writer:
            self._busy += 1
            self._owner = threading.get_ident()
            token = PIN.set(pin := pin_of(EARLY))
            try:
                yield
            finally:
                PIN.reset(token)
                pin.epoch = NEWEST  # what the patch has started goes on with it
                self._busy -= 1
                if not self._busy:
                    self._owner = 0
                    self._end_patch()
        if self._layers or self._due or self._headroom:
            self.settle()

    def _end_patch(self) -> None:
        """Let sessions open without a look, now that the epoch is that of what was committed."""
        with self._gate:
            self._is_half_done = False
            self._review()
            if not self.canary_share:
                self._show()

    def commit(self, writes: Sequence[Write], *, final: bool = True) -> list[Write]:
        """Carry out `writes` as one; give what takes them back when nobody is pinned.

        Where this is not the end of the patch, only this thread sees the new code so far (if
        there are sessions at all).
        """
        writes = sharing.named(writes)
        inverse = swap.inverse_of(writes, self._layers.current)
        staged = not final and self.used
        exposed = final and auditing.is_interruptible()
        with self._shut():
            self._is_half_done = self._busy > 0
            hidden = staged or exposed or self.canary_share
            if not (hidden or self._layers or self._is_any_open()):
                swap.commit(writes, inverse)
                return inverse
        replaced = sharing.replacements(writes)
        writes = list(sharing.singly(writes, self._layers.plain))
        while True:
            epoch = self.epoch
            pins = {*self._pins(), epoch}
            layering = self._layers.layered(writes, epoch + 1, pins)
            swap.commit(layering.clones)
            self._layers.show_signatures(layering)
            self._headroom.make()
            with self._shut():
                if self._pins() <= pins:
                    self._fix_all()
                    self._commit_layers(layering.writes, staged=staged, exposed=exposed)
                    self._layers.accept(layering, replaced)
                    self._is_layered = bool(self._layers)
                    return inverse

    def commit_all(self, batches: Sequence[Sequence[Write]]) -> list[list[Write]]:
        """Carry out several lists of writes as one; give what takes back each of them."""
        planned: dict[swap.Key, object] = {}
        batches = sharing.batched(batches)
        inverses = [swap.inverse_of(batch, self._layers.current, planned) for batch in batches]
        self.commit([write for batch in batches for write in batch])
        return inverses

    def _commit_layers(self, writes: list[Write], *, staged: bool, exposed: bool) -> None:
        """Carry out layered writes; staged, the callers without a session stay where they are."""
        hidden = staged or exposed or bool(self.canary_share)
        if hidden:
            self._hide()
        if exposed:
            # Each of these alone changes nothing that anybody sees; the rest, and the moment
            # from which all of it is seen, runs no Python even under an audit hook. What old
            # code reads comes first: it is called as soon as a function picks.
            aliases = [
                write
                for write in writes
                if is_alias(write.kind, write.name) and write.value is not MISSING
            ]
            picks = [write for write in writes if write.kind is WriteKind.FUNCTION]
            swap.commit([*aliases, *picks])
            writes = [write for write in writes if write.kind is not WriteKind.FUNCTION]
        if not (staged or self.canary_share):
            shown = [(pin, end) for pin, end in self._without_session() if pin.epoch != end]
            writes = [
                *writes,
                *(Write(WriteKind.ATTRIBUTE, pin, "epoch", end) for pin, end in shown),
            ]
        swap.commit(writes)

    def _without_session(self) -> list[tuple[Pin, int]]:
        """Give what callers without a session are pinned with, and the epoch of the newest code."""
        return [(UNPINNED, NEWEST), *((seat, LATEST) for seat in self._seats.free())]

    def _hide(self) -> None:
        """Let callers without a session stay at the current epoch."""
        for pin, _ in self._without_session():
            pin.epoch = self.epoch

    def _show(self) -> None:
        """Let callers without a session run the newest code."""
        with self._gate:
            for pin, newest in self._without_session():
                pin.epoch = newest

    def take_back(self, inverse: Sequence[Write]) -> list[str]:
        """Carry out `inverse` one way or the other; give a line for each write that failed."""
        if not self._layers:
            return swap.take_back(inverse)
        try:
            self.commit(inverse, final=False)
        except Exception:  # noqa: BLE001  a rollback goes on to its end
            return swap.take_back(inverse)
        return []

    def advance(self) -> None:
        """Let sessions that open from now on run what was committed last."""
        with self._shut():
            self._fix_all()
            self.epoch += 1

    def settle(self) -> None:
        """Put plain code where nobody needs an older version; later, if a patch is under way."""
        self._due = True
        while self._due and self._writer.acquire(blocking=False):
            try:
                if self._busy:
                    return
                self._due = False
                with self._shut():
                    pins = self._pins() | ({self.epoch - 1} if self.canary_share else set())
                    writes = self._layers.settled(pins)
                    self._is_layered = bool(self._layers)
                    if writes:
                        swap.commit(writes)
                if not self._is_layered:
                    self._headroom.give_back()
            finally:
                self._writer.release()

    def is_layered(self) -> bool:
        """Tell whether anything in the program has several versions now."""
        return bool(self._layers)

    def after_fork(self) -> None:
        """Have locks that nobody holds; threads of the parent are not here."""
        self._gate = threading.RLock()
        if self._owner != threading.get_ident():
            self._writer = threading.RLock()
            self._busy = 0
            self._is_half_done = False
        mine = PIN.get()
        self._is_shut = False
        self._end([item for item in self._sessions() if item is not mine])
        self._review()
        self._due = True


SESSIONS = Pinned.pins = Sessions()
"""One for the process: a caller is pinned to one version of everything, whoever patches it."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=SESSIONS.after_fork)
