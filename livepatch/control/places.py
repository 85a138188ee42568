"""Where the sockets are: a folder that belongs to the user alone.

Invariant: nothing is opened in a folder that somebody else owns or may write to.
"""

# ruff: noqa: PTH103, PTH110, PTH118, PTH208
# (pathlib would add 3 ms to the start of every program)
from __future__ import annotations

import os
import stat
from collections.abc import Iterator

from livepatch.errors import ControlError

PRIVATE = 0o700


def folders() -> Iterator[str]:
    """Give where the sockets of this user may be, the preferred place first."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime and os.path.isabs(runtime):  # noqa: PTH117
        yield os.path.join(runtime, "livepatch")
    if hasattr(os, "getuid"):
        yield os.path.join(temporary_folder(), f"livepatch-{os.getuid()}")
    else:
        home = os.environ.get("LOCALAPPDATA") or os.path.expanduser("~")  # noqa: PTH111
        yield os.path.join(home, "livepatch", "run")


def temporary_folder() -> str:
    """Give the folder for temporary files, as `tempfile` would, which costs 6 ms to import."""
    chosen = os.environ.get("TMPDIR", "")
    return os.path.realpath(chosen) if os.path.isdir(chosen) else "/tmp"  # noqa: PTH112, S108


def is_private(folder: str) -> bool:
    """Tell whether `folder` is a real folder of this user that nobody else may enter."""
    try:
        found = os.lstat(folder)
    except OSError:
        return False
    if not stat.S_ISDIR(found.st_mode):
        return False
    if not hasattr(os, "getuid"):
        return True  # Windows: the folder lies inside the user's own profile
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077


def own_folder() -> str:
    """Give the folder for this process's socket, made where it is missing.

    Raises `ControlError` where there is no place that is private.
    """
    tried = []
    for folder in folders():
        try:
            os.makedirs(folder, mode=PRIVATE, exist_ok=True)
        except OSError as error:
            tried.append(f"{folder}: {error.strerror or error}")
            continue
        if is_private(folder):
            return folder
        tried.append(f"{folder}: not a folder of mode 0700 that belongs to this user")
    message = f"no private folder for the control socket ({'; '.join(tried)})"
    raise ControlError(message)


def address_in(folder: str, pid: int) -> str:
    """Give the path of the socket of process `pid`."""
    return os.path.join(folder, f"{pid}.sock")


def address_of(pid: int) -> str | None:
    """Give the socket of process `pid`, None where there is none."""
    for folder in folders():
        path = address_in(folder, pid)
        if is_private(folder) and os.path.exists(path):
            return path
    return None


def known_processes() -> list[int]:
    """Give the processes that have, or had, a socket."""
    found = set()
    for folder in folders():
        if is_private(folder):
            names = (os.path.splitext(name) for name in os.listdir(folder))  # noqa: PTH122
            found |= {int(stem) for stem, end in names if end == ".sock" and stem.isdigit()}
    return sorted(found)


def is_alive(pid: int) -> bool:
    """Tell whether there is a process `pid`."""
    if os.name == "nt":
        return True  # os.kill would end it there; connecting tells
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def sweep() -> None:
    """Remove the sockets of processes that are gone."""
    for pid in known_processes():
        path = address_of(pid)
        if path is not None and not is_alive(pid):
            remove(path)


def remove(path: str) -> None:
    """Have no file at `path`."""
    try:
        os.unlink(path)  # noqa: PTH108
    except OSError:
        return
