"""livepatch: change the code of a running Python program.

Importing this starts nothing. `watch()` patches on every save, `refresh()` on request.
"""

from typing import TYPE_CHECKING

from livepatch.api import (
    Watch,
    asgi,
    history,
    on_patch,
    pending,
    redo,
    refresh,
    rerun,
    retire,
    undo,
    watch,
    wsgi,
)
from livepatch.errors import LivepatchError, NotTrackedError, SourceError, UsageError
from livepatch.model import Change, ChangeKind, Note, Patch, PatchKind, Refusal
from livepatch.patching.sessions import PendingSession, Session, session
from livepatch.patching.upgrades import upgrade

if TYPE_CHECKING:
    from livepatch.ways import freeze, live, loop, patch, patched

__all__ = [
    "Change",
    "ChangeKind",
    "LivepatchError",
    "NotTrackedError",
    "Note",
    "Patch",
    "PatchKind",
    "PendingSession",
    "Refusal",
    "Session",
    "SourceError",
    "UsageError",
    "Watch",
    "asgi",
    "freeze",
    "history",
    "live",
    "load_ipython_extension",
    "loop",
    "on_patch",
    "patch",
    "patched",
    "pending",
    "redo",
    "refresh",
    "rerun",
    "retire",
    "session",
    "undo",
    "unload_ipython_extension",
    "upgrade",
    "watch",
    "wsgi",
]

_LATER = frozenset({"freeze", "live", "loop", "patch", "patched"})
"""Names of `livepatch.ways`, which a program that does not use them does not pay for."""


def __getattr__(name: str) -> object:
    """Import what is public but not needed at start."""
    if name not in _LATER:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    from livepatch import ways  # noqa: PLC0415

    return getattr(ways, name)
