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
from collections.abc import Callable, Iterable
from typing import Final

CHECK: Final = 0.02
MESSAGE: Final = 5.0  # seconds


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


class GitWait:
    """Has a batch of files wait while git is at work on them; the clock is an argument."""

    def __init__(self, warn: Callable[[str], None]) -> None:
        """Wait for nothing."""
        self._warn = warn
        self._locks = GitLocks()
        self._since: float | None = None
        self._next = 0.0

    def is_busy(self, files: Iterable[str]) -> bool:
        """Say whether git is at work on one of `files` at this moment."""
        return self._locks.held(files) is not None

    def must_wait(self, files: Iterable[str], now: float) -> bool:
        """Say whether git is at work on one of `files`; tell so once where that takes long."""
        lock = self._locks.held(files)
        if lock is None:
            return False
        if self._since is None:
            self._since = now
        before = self._next - self._since
        self._next = now + CHECK
        if before < MESSAGE <= self._next - self._since:
            self._warn(f"changes wait for git: {lock} exists (delete it if no git is running)")
        return True

    def has_just_ended(self) -> bool:
        """Say once that what was waited for is over: a rebase takes the lock for every commit."""
        waited, self._since = self._since is not None, None
        return waited

    def next_look(self, due: float | None) -> float | None:
        """Give the time for the next look at a batch that is `due`."""
        return due if due is None or self._since is None else max(due, self._next)

    def forget(self) -> None:
        """Look the repositories up anew next time."""
        self._locks.forget()


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
