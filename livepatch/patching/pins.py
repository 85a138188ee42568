"""Who is pinned to which version: the open sessions, which every request opens and ends.

That takes no lock, and it notes no version: a session that opens runs the newest code, and the
next commit writes into those that are open which version they began with. A session is in
`opened` before it looks whether it `opens_freely`, and a commit ends that before it looks into
`opened`: so either the commit sees the session, or the session sees the commit and waits for it
(Dekker's algorithm). Each of these steps is one operation of a set or of a dict, which the
interpreter makes atomic. A seat (see `patching.pinned`) is taken and left in the same way.
"""

from __future__ import annotations

import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Final

from livepatch.patching.pending import PendingSession, shown
from livepatch.patching.pinned import Pinned, Seat, Seats
from livepatch.runtime.epochs import LATEST, NEWEST, UNPINNED, Pin


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
        self.opened: Final[set[Pinned]] = set()  # those that one holds
        self.opens_freely = False  # nothing is to be asked of who opens a session
        self.ends_freely = True  # nothing follows the end of a session
        self._seats = Seats()
        self._shared: set[Pinned] = set()  # those that more hold, or held
        self._on_end: list[Callable[[Pinned], object]] = []
        self._gate = threading.RLock()
        self._is_shut = False
        self._is_layered = False
        self._is_half_done = False  # something of a patch is committed, and it has not ended

    @abstractmethod
    def begin(self) -> None:
        """Prepare for the first session; it is `used` then."""

    @abstractmethod
    def settle(self) -> None:
        """Put plain code where nobody needs an older version."""

    def open(self, session: Pinned, beside: Pin = UNPINNED) -> None:
        """Pin `session` to the current epoch (or, for a canary, to the one before or after).

        `beside` a seat that is taken, it runs the version of that one. The middleware of
        ASGI does the same without the call, and so with `release`.
        """
        session.epoch, session.began_with = LATEST, -1
        session.started = self.clock()
        session.thread = threading.get_ident()
        self.opened.add(session)
        if not self.opens_freely:
            self.open_in_turn(session)
        if beside is not UNPINNED:
            self.match(session, beside)

    def match(self, session: Pinned, beside: Pin) -> None:
        """Have `session`, which has just been opened, run what runs on the seat `beside` it.

        The two end at times of their own. A commit from now on meets both.
        """
        if isinstance(beside, Seat) and beside.goes_on() and beside.epoch != LATEST:
            session.epoch = session.began_with = beside.epoch

    def open_in_turn(self, session: Pinned) -> None:
        """Pin `session`, which has called nothing yet, when no commit is under way."""
        if not self.used:
            self.begin()
        with self._gate:
            self._review()
            if session not in self.opened:
                return  # retired already
            epoch = self.epoch
            if self.canary_share:
                session.canary = self.is_canary()
                epoch -= not session.canary
            session.epoch = session.began_with = epoch

    def make_seat(self, thread: int) -> Seat | None:
        """Give `thread` a free seat; None where each session is to be opened in turn just now."""
        with self._gate:
            return self._seats.make(thread) if self.opens_freely else None

    def leave_seat(self, seat: Seat) -> bool:
        """End the session on `seat`; tell whether the next one may take the seat."""
        if seat in self._seats:
            self._tell_ended(seat)
            seat.failed = False
        if self.give_back(seat):
            return True
        self.release(seat)  # where it has become a session of its own
        return False

    def give_back(self, seat: Seat, *, is_free: bool = False) -> bool:
        """Have the next one take `seat`, which the caller has taken, or set free just now.

        Tell whether that is so. Where a commit has met the seat while it was taken, nobody takes
        it again, and its version is needed no longer.
        """
        with self._gate:
            if seat not in self._seats:
                return False
            if seat not in self._seats.met:
                if not is_free:
                    # Where it was hidden from as it was free, nobody else lets it see again.
                    hidden = UNPINNED.epoch != NEWEST
                    seat.epoch = UNPINNED.epoch if hidden else LATEST
                    seat.turn.append(True)
                return True
            self._seats.remove(seat)
            seat.epoch = NEWEST
            self._review()
        if self._is_layered:
            self.settle()
        return False

    def separate(self, seat: Seat) -> bool:
        """Make the session on `seat` one of its own; tell whether there is one."""
        with self._gate:
            if seat in self._seats and not seat.turn:
                self._fix(seat)
                self._seats.remove(seat)
                self.opened.add(seat)
            return seat.goes_on()

    def _review(self) -> None:
        """See what is to be asked of who opens a session, or ends one; `_gate` is held."""
        busy = self._is_shut or self._is_half_done or self.canary_share or not self.used
        self.opens_freely = not (busy or self._on_end)
        self.ends_freely = not (self._is_layered or self._on_end or self._seats.met)

    def _fix_all(self) -> None:
        """Have the open sessions know the epoch that they began with, as it is about to end."""
        for session in self._sessions():
            self._fix(session)

    def _fix(self, session: Pinned) -> None:
        if session.began_with >= 0:
            return
        session.epoch = session.began_with = self.epoch
        if isinstance(session, Seat) and session in self._seats:
            self._seats.met.add(session)  # who leaves it finds that out
        elif session not in self.opened and session not in self._shared:
            session.epoch = NEWEST  # it ended meanwhile

    def hold(self, session: Pinned) -> bool:
        """Keep `session` open; tell whether it was."""
        with self._gate:
            if isinstance(session, Seat):
                self.separate(session)
            if session in self._shared:
                session.holds += 1
                return True
            self._shared.add(session)
            try:
                self.opened.remove(session)
            except KeyError:  # over; or who opened it was faster
                self._shared.discard(session)
                return False
            session.holds = 2
            return True

    def release(self, session: Pinned) -> None:
        """Let go of `session`; when nobody holds it, it is over, and what only it needed goes."""
        try:
            self.opened.remove(session)
        except KeyError:
            if not self._was_last(session):
                return
        if session.began_with < 0:
            session.began_with = self.epoch
        session.epoch = NEWEST
        if not self.ends_freely:
            self.after_end(session)

    def after_end(self, session: Pinned) -> None:
        """Do what follows the end of a session."""
        self._tell_ended(session)
        if self._is_layered:
            self.settle()

    def _tell_ended(self, session: Pinned) -> None:
        for callback in list(self._on_end):
            callback(session)

    def on_end(self, callback: Callable[[Pinned], object]) -> Callable[[], None]:
        """Have `callback` called with each session that ends; give what ends that."""
        with self._gate:
            self._on_end.append(callback)
            self._review()

        def stop() -> None:
            with self._gate:
                self._on_end.remove(callback)
                self._review()

        return stop

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
            return [*list(self.opened), *self._shared, *self._seats.taken()]

    def _pins(self) -> set[int]:
        """Give the epochs that somebody is pinned to."""
        return {session.version for session in self._sessions()}

    @contextmanager
    def _shut(self) -> Iterator[None]:
        """Let no session open, and nothing else be committed, inside the block."""
        with self._gate:
            before, self._is_shut = self._is_shut, True
            self._review()
            try:
                yield
            finally:
                self._is_shut = before
                self._review()

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
            if isinstance(session, Seat):
                self._seats.remove(session)
            self.opened.discard(session)
            self._shared.discard(session)
            session.epoch = NEWEST

    def _is_any_open(self) -> bool:
        return bool(self.opened or self._shared or self._seats.taken())
