"""livepatch: change the code of a running Python program.

Importing this starts nothing, and imports nothing: each public name brings its module with it
when it is first used. `watch()` patches on every save, `refresh()` on request.
"""

import sys

TYPE_CHECKING = False
"""What type checkers take for true; `typing` itself would be the first import of the package."""

if TYPE_CHECKING:
    from livepatch.api import (
        Watch,
        history,
        on_patch,
        redo,
        refresh,
        undo,
        watch,
    )
    from livepatch.errors import LivepatchError, NotTrackedError, SourceError, UsageError
    from livepatch.ext import load_ipython_extension, unload_ipython_extension
    from livepatch.model import (
        Change,
        ChangeKind,
        Finding,
        Note,
        Patch,
        PatchKind,
        Pending,
        Refusal,
        Verdict,
    )
    from livepatch.patching.pending import PendingSession
    from livepatch.patching.sessions import Session, session
    from livepatch.patching.upgrades import upgrade
    from livepatch.production import (
        asgi,
        check,
        checkpoint,
        diff,
        load,
        pending,
        rerun,
        retire,
        reverted,
        save,
        wsgi,
    )
    from livepatch.ways import freeze, live, loop, patch, patched

__all__ = [
    "Change",
    "ChangeKind",
    "Finding",
    "LivepatchError",
    "NotTrackedError",
    "Note",
    "Patch",
    "PatchKind",
    "Pending",
    "PendingSession",
    "Refusal",
    "Session",
    "SourceError",
    "UsageError",
    "Verdict",
    "Watch",
    "asgi",
    "check",
    "checkpoint",
    "diff",
    "freeze",
    "history",
    "live",
    "load",
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
    "reverted",
    "save",
    "session",
    "undo",
    "unload_ipython_extension",
    "upgrade",
    "watch",
    "wsgi",
]

_HOMES = {
    "errors": ("LivepatchError", "NotTrackedError", "SourceError", "UsageError"),
    "ext": ("load_ipython_extension", "unload_ipython_extension"),
    "model": (
        "Change",
        "ChangeKind",
        "Finding",
        "Note",
        "Patch",
        "PatchKind",
        "Pending",
        "Refusal",
        "Verdict",
    ),
    "patching.pending": ("PendingSession",),
    "patching.sessions": ("Session", "session"),
    "patching.upgrades": ("upgrade",),
    "production": (
        "asgi",
        "check",
        "checkpoint",
        "diff",
        "load",
        "pending",
        "rerun",
        "retire",
        "reverted",
        "save",
        "wsgi",
    ),
    "ways": ("freeze", "live", "loop", "patch", "patched"),
}
"""Where public names live that are not of `livepatch.api`."""


def __getattr__(name: str) -> object:
    """Import the module of a public name, and keep what the name stands for."""
    if name not in __all__:
        message = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(message)
    home = next((home for home, names in _HOMES.items() if name in names), "api")
    __import__(f"{__name__}.{home}")
    value: object = getattr(sys.modules[f"{__name__}.{home}"], name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """Give the public names, imported or not."""
    return sorted({*globals(), *__all__})
