"""What a caller is pinned with: a session of its own, or the seat of its thread.

A server's thread answers one request after the other, and hardly ever does a patch come in the
middle of one. So what pins the caller stays where it is from one request to the next, in the
context of the thread: a `Seat`, which is taken and free by turns. Only a seat that was taken as
a patch came, or whose session is handed on to another thread, is left for good as the session
of that one request.
"""

from __future__ import annotations

import weakref
from typing import ClassVar, Protocol

from livepatch.runtime.epochs import LATEST, NEWEST, Pin


class Counting(Protocol):
    """As much of what counts the sessions as a session asks."""

    epoch: int

    def hold(self, session: Pinned) -> bool:
        """Keep `session` open; tell whether it was."""

    def release(self, session: Pinned) -> None:
        """Let go of `session`."""

    def separate(self, seat: Seat) -> bool:
        """Make the session on `seat` one of its own; tell whether there is one."""


class Pinned(Pin):
    """A pin that is counted: as long as somebody holds it, its version is kept.

    `Pins.open` gives it its epoch. Every request makes one: what all of them set has a slot,
    what most of them leave as it is stands in the class, and nothing of Python runs to make it.
    """

    __slots__ = ("__dict__", "started")

    name = ""
    began_with = -1  # the epoch, once a commit, or the end, has noted it
    canary = False
    failed = False
    told = False  # True where it was reported as one that does not end
    holds = 1
    started: float
    thread = 0  # where it was opened; a request that runs is found by its frame
    pins: ClassVar[Counting]
    """What counts the pins of this process."""

    @property
    def version(self) -> int:
        """The version that the session runs; the newest one until there is a newer one."""
        return self.began_with if self.began_with >= 0 else self.pins.epoch

    def goes_on(self) -> bool:
        """Tell whether somebody is in the session."""
        return self.epoch != NEWEST

    def share(self) -> bool:
        """Let another thread be in the session; tell whether it goes on."""
        return self.epoch != NEWEST

    def hold(self) -> bool:
        """Keep the session open beyond its block; tell whether it still was."""
        return self.pins.hold(self)

    def release(self) -> None:
        """Take back one `hold`; with the last one the session is over."""
        self.pins.release(self)


class Request(Pinned):
    """The session of one request."""

    __slots__ = ()

    name = "request"


class Seat(Request):
    """The session of each request that is answered in one context, one at a time.

    `turn` has an item while the seat is free: who takes that is in the session, and only its
    `thread` may: a context is copied, and then another thread has the seat, too. Its epoch is
    `LATEST` as long as no commit came while it was taken.
    """

    __slots__ = ("__weakref__", "thread", "turn")

    thread: int
    turn: list[bool]

    def goes_on(self) -> bool:
        """Tell whether somebody sits here."""
        return self.epoch != NEWEST and not self.turn

    def share(self) -> bool:
        """Make the session on this seat one of its own; tell whether there is one."""
        return self.pins.separate(self)


class Seats:
    """The seats that are in use, and those of them that a commit has met taken.

    A seat goes with the context that has it. What is done here is done under the gate of `Pins`.
    """

    def __init__(self) -> None:
        """Have no seat."""
        self.met: set[Seat] = set()
        self._known: dict[int, weakref.ref[Seat]] = {}

    def make(self, thread: int) -> Seat:
        """Give a new seat, which is free, to `thread`."""
        seat = Seat()
        seat.thread = thread
        seat.epoch = LATEST
        seat.started = 0.0
        seat.turn = [True]
        known, key = self._known, id(seat)
        known[key] = weakref.ref(seat, lambda _: known.pop(key, None))
        return seat

    def __contains__(self, seat: Seat) -> bool:
        """Tell whether `seat` is in use."""
        return id(seat) in self._known

    def remove(self, seat: Seat) -> None:
        """Let nobody take `seat` any more."""
        seat.turn.clear()
        self._known.pop(id(seat), None)
        self.met.discard(seat)

    def taken(self) -> list[Seat]:
        """Give the seats that somebody sits on."""
        return [seat for seat in self._all() if not seat.turn]

    def free(self) -> list[Seat]:
        """Give the seats that nobody sits on, and the next one may take."""
        return [seat for seat in self._all() if seat.turn and seat not in self.met]

    def _all(self) -> list[Seat]:
        found = (known() for known in list(self._known.values()))
        return [seat for seat in found if seat is not None]
