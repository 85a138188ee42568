"""Says whether git is busy in the repository of a file.

git holds `index.lock` from before the first file of a checkout, merge or stash until after the
last one. Nothing here costs anything while no file changes: the question is asked about files
that wait to be applied, and asked again every few milliseconds only while the answer is yes.
Watching the git folder for it would cost one watch per repository and answer no sooner.
"""

# ruff: noqa: PTH116, PTH118, PTH120, PTH123
# (pathlib would add 3 ms to the start of every program)
from __future__ import annotations

import os
import stat
from collections.abc import Iterable


class GitLocks:
    """Finds the index locks of the repositories that files lie in."""

    def __init__(self) -> None:
        """Know of no repository."""
        self._locks: dict[str, str | None] = {}

    def held(self, files: Iterable[str]) -> str | None:
        """Give the lock file that is there for one of `files`, if any."""
        locks = {self._lock_of(os.path.dirname(file)) for file in files}
        return next(
            (lock for lock in sorted(filter(None, locks)) if os.path.lexists(lock)), None
        )

    def forget(self) -> None:
        """Look the repositories up anew next time: `git init` may come at any time."""
        self._locks.clear()

    def _lock_of(self, folder: str) -> str | None:
        """Give the path that the lock of `folder`'s repository has; None outside of one."""
        if folder in self._locks:
            return self._locks[folder]
        git = git_folder(folder)
        if git is not None:
            lock: str | None = os.path.join(git, "index.lock")
        else:
            parent = os.path.dirname(folder)
            lock = None if parent == folder else self._lock_of(parent)
        self._locks[folder] = lock
        return lock


def git_folder(folder: str) -> str | None:
    """Give the git folder of the working tree whose root is `folder`; None if it is no root.

    In a linked worktree and in a submodule `.git` is a file that names the folder.
    """
    path = os.path.join(folder, ".git")
    try:
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            return path
        if not stat.S_ISREG(mode):
            return None
        with open(path, encoding="utf-8", errors="surrogateescape") as file:
            text = file.read(4096)
    except OSError:
        return None
    if not text.startswith("gitdir:"):
        return None
    return os.path.normpath(os.path.join(folder, text.removeprefix("gitdir:").strip()))
