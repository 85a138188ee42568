"""New code for a share of the sessions first, compared with the old, then promoted or undone.

While a canary is out, callers without a session run the old version. A session has failed where
an exception passed out of it or its response was a server error.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from livepatch.model import FilePlan, Note, Patch, PatchKind, Refusal
from livepatch.patching.commits import SESSIONS
from livepatch.patching.patcher import Patcher
from livepatch.patching.pinned import Pinned
from livepatch.patching.transaction import Transaction

ENOUGH = 20
"""Sessions on the new version after which it is judged."""
SURE = 2
"""Failed sessions on the new version from which on it is judged at once."""
SLACK = 0.05
"""By how much the new version may fail more often than the old one, by chance."""


@dataclass(slots=True)
class Tally:
    """How many sessions ended on one version, and how many of them failed."""

    sessions: int = 0
    failed: int = 0

    @property
    def rate(self) -> float:
        """The share that failed."""
        return self.failed / self.sessions if self.sessions else 0.0

    def __str__(self) -> str:
        """Give both numbers in words."""
        return f"{self.failed} of {self.sessions} sessions failed"


class Canary:
    """Gives each new patch to `share` of the sessions until it is judged."""

    def __init__(
        self,
        patcher: Patcher,
        share: float,
        *,
        say: Callable[[str], object],
        pick: Callable[[], float] = random.random,
    ) -> None:
        """Begin with the next patch of `patcher`; `say` hears of promotions."""
        self._patcher = patcher
        self._share = share
        self._say = say
        self._pick = pick
        self._number = 0
        self._tallies = {True: Tally(), False: Tally()}
        self._lock = threading.Lock()  # guards the number and the tallies
        patcher.gates.append(self._prepare)
        self._remove = patcher.on_patch(self._begin)
        self._ignore = SESSIONS.on_end(self._count)

    def stop(self) -> None:
        """Promote what is out, and send nothing out any more."""
        self._remove()
        self._patcher.gates.remove(self._prepare)
        self._ignore()
        self._promote(self._take())

    def _prepare(self, transaction: Transaction, plans: Sequence[FilePlan]) -> Refusal | None:
        """Let the commit that follows be seen by nobody yet; the one before it is promoted."""
        del plans
        self._promote(self._take())
        if transaction.changes:
            SESSIONS.send_out(self._share, lambda: self._pick() < self._share)
        return None

    def _begin(self, patch: Patch) -> None:
        if patch.kind is PatchKind.UNDO:
            return
        if not patch.number:
            SESSIONS.call_in()
            return
        with self._lock:
            self._number = patch.number
            self._tallies = {True: Tally(), False: Tally()}

    def _take(self) -> int:
        """Give the number of the patch that is out; from then on nobody else judges it."""
        with self._lock:
            number, self._number = self._number, 0
            return number

    def _count(self, session: Pinned) -> None:
        """Note how a session ended, and judge when it is time."""
        with self._lock:
            if not self._number:
                return
            tally = self._tallies[session.canary]
            tally.sessions += 1
            tally.failed += session.failed
            new, old = self._tallies[True], self._tallies[False]
            worse = new.rate > old.rate + SLACK
            if new.sessions < ENOUGH and not (worse and new.failed >= SURE):
                return
            number, self._number = self._number, 0
        if not worse:
            self._promote(number)
            return
        message = f"patch {number} was undone: with it {new}; without it {old}"
        SESSIONS.call_in(promote=False)
        self._patcher.undo_through(number, Note("canary", "", "", 0, message))

    def _promote(self, number: int) -> None:
        if number:
            SESSIONS.call_in()
            self._say(f"patch {number} is for everybody: {self._tallies[True]}")


def canary(
    patcher: Patcher, share: float, *, say: Callable[[str], object]
) -> Callable[[], None]:
    """Try the patches of `patcher` on `share` of the sessions first; gives what ends that."""
    return Canary(patcher, share, say=say).stop
