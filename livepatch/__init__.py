"""livepatch: change the code of a running Python program.

Importing this starts nothing. `watch()` patches on every save, `refresh()` on request.
"""

from livepatch.api import (
    PendingSession,
    Session,
    Watch,
    history,
    on_patch,
    pending,
    redo,
    refresh,
    rerun,
    retire,
    session,
    undo,
    watch,
)
from livepatch.errors import LivepatchError, NotTrackedError, SourceError, UsageError
from livepatch.ext.asgi import asgi
from livepatch.ext.wsgi import wsgi
from livepatch.patching.upgrades import upgrade
from livepatch.model import Change, ChangeKind, Note, Patch, PatchKind, Refusal

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
    "history",
    "on_patch",
    "pending",
    "redo",
    "refresh",
    "rerun",
    "retire",
    "session",
    "undo",
    "upgrade",
    "watch",
    "wsgi",
]
