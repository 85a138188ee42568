"""The verbs of a service: sessions for its servers, safe points, steps back and forth, patch files.

Importing this starts nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from livepatch.api import default_patcher
from livepatch.model import Finding, Patch
from livepatch.patching import checking
from livepatch.patching.commits import SESSIONS
from livepatch.patching.pending import PendingSession
from livepatch.watching.safepoints import checkpoint

__all__ = [
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
]


def pending() -> tuple[PendingSession, ...]:
    """Give the sessions that still run an older version than the newest, the oldest first."""
    return SESSIONS.pending()


def retire(version: int, *, force: bool = False) -> int:
    """Give the number of sessions pinned to `version`; with `force`, let them go on as new.

    Their next call runs the newest code. It is meant for a session that never ends, whose
    version would be kept for ever.
    """
    return SESSIONS.retire(version, force=force)


@contextmanager
def reverted(n: int = 1) -> Iterator[Patch]:
    """Run a block with the newest `n` patches undone, and do them again at its end.

    It holds for the whole process. Where another patch came in between, that one stays and
    nothing is done again.
    """
    patcher = default_patcher()
    undone = patcher.undo(n)
    try:
        yield undone
    finally:
        if undone.number and patcher.history()[-1].number == undone.number:
            patcher.redo(n)


def diff(n: int | None = None) -> str:
    """Give what patch `n` (the newest) changed, as a unified diff of the files.

    Empty where it changed no text, or is too old to be undone.
    """
    return default_patcher().diff(n)


def save(patch: Patch, file: str | os.PathLike[str]) -> None:
    """Write `patch` to `file`, for `load` in another process of the same program.

    Raises `UsageError` for a patch that is too old, or that was held.
    """
    from livepatch.patching import bundle  # noqa: PLC0415

    bundle.save(default_patcher(), patch, file)


def load(file: str | os.PathLike[str]) -> Patch:
    """Apply the patch that `save` wrote, if the code here is what it was made for.

    Each definition that it changes is compared; where one differs, the patch is refused whole.
    The files on disk stay as they are.
    """
    from livepatch.patching import bundle  # noqa: PLC0415

    return bundle.load(default_patcher(), file)


def wsgi(app: Callable[..., Any]) -> Callable[..., Any]:
    """Give the WSGI application `app` with a session for every request.

    A response is of one version from its first line to its last byte, whatever is patched. All
    that a patch needs is imported now, which takes 0.1 s, and not beside the requests.
    """
    return _extension("wsgi").in_sessions(app)  # type: ignore[no-any-return]


def asgi(app: Callable[..., Any], *, websockets: bool = True) -> Callable[..., Any]:
    """Give the ASGI application `app` with a session for every request.

    A websocket is one session, too, unless `websockets` is false. Its lifespan is none. All
    that a patch needs is imported now, which takes 0.1 s, and not beside the requests.
    """
    return _extension("asgi").in_sessions(app, websockets=websockets)  # type: ignore[no-any-return]


def _extension(name: str) -> Any:
    """Import a module of `livepatch.ext`, which lies above this one, when it is asked for."""
    import importlib  # noqa: PLC0415

    return importlib.import_module(f"livepatch.ext.{name}")


def rerun(target: str) -> Patch:
    """Execute again the statement that binds `module:NAME`, and give the patch.

    For a value that a report called stale. Importers of the old value follow; `undo()` takes it
    back. Raises `UsageError` where no statement binds the name, `NotTrackedError` for a module
    that livepatch does not track.
    """
    return default_patcher().rerun(target)


def check(path: str | os.PathLike[str], draft: str | None = None) -> tuple[Finding, ...]:
    """Give what applying the file at `path` would do to this program; nothing is applied.

    With `draft`, the text of that file is taken instead of what is at `path`. Raises
    `NotTrackedError` or `SourceError`.
    """
    return checking.check(default_patcher().registry, os.fspath(path), draft)
