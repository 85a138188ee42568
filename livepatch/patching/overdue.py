"""Sessions that do not end: each is told of once, with a patch that leaves it behind."""

from __future__ import annotations

from collections import defaultdict

from livepatch.model import Note
from livepatch.patching.commits import SESSIONS
from livepatch.patching.pending import PendingSession


def notes() -> list[Note]:
    """Give a note for each version that somebody has been pinned to for too long."""
    by_version: defaultdict[int, list[PendingSession]] = defaultdict(list)
    for session in SESSIONS.overdue():
        by_version[session.version].append(session)
    return [
        Note("old-session", "", "", 0, _message(version, sessions))
        for version, sessions in by_version.items()
    ]


def _message(version: int, sessions: list[PendingSession]) -> str:
    oldest = sessions[0]
    who = f"{oldest.name or 'unnamed'}, begun in {oldest.thread} {oldest.seconds:.0f} s ago"
    what = "a session goes" if len(sessions) == 1 else f"{len(sessions)} sessions go"
    first = "" if len(sessions) == 1 else "the oldest is "
    return (
        f"{what} on with version {version}, which is kept as long ({first}{who});"
        f" livepatch.retire({version}, force=True) ends that"
    )
