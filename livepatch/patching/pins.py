"""Who is pinned to which version: the open sessions, which every request opens and ends.

That takes no lock. A session is in `_open` before it looks whether the gate is shut, and a
commit shuts the gate before it looks into `_open`: so either the commit sees the session, or the
session sees the commit and waits for it (Dekker's algorithm). Each of these steps is one
operation of a set or of a dict, which the interpreter makes atomic.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from livepatch.patching.pending import PendingSession, shown
from livepatch.runtime.epochs import NEWEST, Pin


class Pinned(Pin):
    """A pin that is counted: as long as somebody holds it, its version is kept.

    `Pins.open` gives it its epoch. Every request makes one: what most of them leave as it
    is stands in the class, and nothing of Python runs to make it.
    """

    name = ""
    version = -1
    canary = False
    failed = False
    told = False  # True where it was reported as one that does not end
    holds = 1
    started: float
    thread: int
    pins: ClassVar[Pins]
    """What counts the pins of this process."""

    def hold(self) -> bool:
        """Keep the session open beyond its block; tell whether it still was."""
        return self.pins.hold(self)

    def release(self) -> None:
        """Take back one `hold`; with the last one the session is over."""
        self.pins.release(self)


class Pins(ABC):
    """The open sessions, and the epoch that they are pinned to as they open."""

    def __init__(self) -> None:
        """Have no session."""
        self.epoch = 0
        self.limit = 60.0
        self.clock: Callable[[], float] = time.monotonic
        self.used = False
        self.canary_share = 0.0
        self.is_canary: Callable[[], bool] = bool
        self.on_close: list[Callable[[Pinned], object]] = []
        self._open: set[Pinned] = set()  # those that one holds
        self._shared: set[Pinned] = set()  # those that more hold, or held
        self._gate = threading.RLock()
        self._is_shut = False
        self._is_layered = False

    @abstractmethod
    def begin(self) -> None:
        """Prepare for the first session; it is `used` then."""

    @abstractmethod
    def settle(self) -> None:
        """Put plain code where nobody needs an older version."""

    def open(self, session: Pinned) -> None:
        """Pin `session` to the current epoch (or, for a canary, to the one before or after)."""
        if not self.used:
            self.begin()
        session.started = self.clock()
        session.thread = threading.get_ident()
        session.epoch = session.version = self.epoch
        self._open.add(session)
        # It has called nothing yet, so it may still be pinned to another version.
        if self._is_shut or self.canary_share or session.version != self.epoch:
            self._pin_in_turn(session)

    def _pin_in_turn(self, session: Pinned) -> None:
        """Pin `session` again, when no commit is under way."""
        with self._gate:
            if session not in self._open:
                return  # retired already
            epoch = self.epoch
            if self.canary_share:
                session.canary = self.is_canary()
                epoch -= not session.canary
            session.epoch = session.version = epoch

    def hold(self, session: Pinned) -> bool:
        """Keep `session` open; tell whether it was."""
        with self._gate:
            if session in self._shared:
                session.holds += 1
                return True
            self._shared.add(session)
            try:
                self._open.remove(session)
            except KeyError:  # over; or who opened it was faster
                self._shared.discard(session)
                return False
            session.holds = 2
            return True

    def release(self, session: Pinned) -> None:
        """Let go of `session`; when nobody holds it, it is over, and what only it needed goes."""
        try:
            self._open.remove(session)
        except KeyError:
            if not self._was_last(session):
                return
        session.epoch = NEWEST
        if self.on_close:
            for callback in list(self.on_close):
                callback(session)
        if self._is_layered:
            self.settle()

    def _was_last(self, session: Pinned) -> bool:
        """Let go of a session that more hold; tell whether nobody holds it any more."""
        with self._gate:
            if session not in self._shared:
                return False  # it was over already
            session.holds -= 1
            if session.holds:
                return False
            self._shared.remove(session)
            return True

    def _sessions(self) -> list[Pinned]:
        """Give the open sessions; more may open meanwhile, unless the gate is shut."""
        with self._gate:
            return [*list(self._open), *self._shared]

    def _pins(self) -> set[int]:
        """Give the epochs that somebody is pinned to."""
        return {session.version for session in self._sessions()}

    @contextmanager
    def _shut(self) -> Iterator[None]:
        """Let no session open, and nothing else be committed, inside the block."""
        with self._gate:
            before, self._is_shut = self._is_shut, True
            try:
                yield
            finally:
                self._is_shut = before

    def pending(self) -> tuple[PendingSession, ...]:
        """Give the sessions that run an older version than the newest, oldest first."""
        old = [item for item in self._sessions() if item.version < self.epoch]
        return shown(old, self.clock())

    def overdue(self) -> tuple[PendingSession, ...]:
        """Give the sessions that have been open for longer than `limit`, each only once."""
        since = self.clock() - self.limit
        old = [item for item in self._sessions() if item.started < since and not item.told]
        for item in old:
            item.told = True
        return shown(old, self.clock())

    def retire(self, version: int, *, force: bool = False) -> int:
        """End the privilege of the sessions pinned to `version`; give how many there are.

        Without `force` nothing happens to them. With it they go on with the newest code at
        their next call.
        """
        with self._shut():
            chosen = [item for item in self._sessions() if item.version == version]
            if force:
                self._end(chosen)
        if force:
            self.settle()
        return len(chosen)

    def _end(self, sessions: Iterable[Pinned]) -> None:
        """Have `sessions` over, whoever holds them."""
        for session in sessions:
            self._open.discard(session)
            self._shared.discard(session)
            session.epoch = NEWEST

    def _is_any_open(self) -> bool:
        return bool(self._open or self._shared)
