"""What is shown of the sessions that run an older version than the newest."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from livepatch.runtime import frames


@dataclass(frozen=True, slots=True)
class PendingSession:
    """A session that still runs an older version: which, for how long, and where it began."""

    version: int
    seconds: float
    thread: str
    name: str = ""


class Opened(Protocol):
    """As much of an open session as is shown."""

    started: float
    thread: int
    name: str

    @property
    def version(self) -> int:
        """The version that it runs."""


def shown(sessions: Iterable[Opened], now: float) -> tuple[PendingSession, ...]:
    """Give what is shown of `sessions`, the oldest first."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return tuple(
        PendingSession(
            item.version,
            now - item.started,
            names.get(item.thread or frames.thread_of(item), "a thread that ended"),
            item.name,
        )
        for item in sorted(sessions, key=lambda item: item.started)
    )
