"""Keeps every folder covered: by events, by polling, or by trying again until it exists.

Nothing else knows the difference. A change from events to polling is told once per process,
with the reason; the folders that already have a watch keep it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from typing import Final

from livepatch.watching.events import Observer
from livepatch.watching.observer import is_silent

_RETRY: Final = 0.1
_SLOWEST: Final = 1.0
_GONE: Final = frozenset({errno.ENOENT, errno.ENOTDIR})


class Folders:
    """The folders that a watcher wants, and how each is covered."""

    def __init__(
        self,
        observer: Observer,
        *,
        warn: Callable[[str], None],
        polls: bool = False,
        silent: Callable[[str], bool] = is_silent,
    ) -> None:
        """Cover nothing yet.

        `polls` asks for polling everywhere; `silent` says where the file system reports no
        events.
        """
        self._observer = observer
        self._warn = warn
        self._silent = silent
        self._polls = polls
        self._warned = polls
        self._devices: dict[int, bool] = {}
        self._covered: set[str] = set()
        self._polled: set[str] = set()
        self._missing: dict[str, float] = {}
        self._delay = _RETRY

    def __contains__(self, folder: str) -> bool:
        """Say whether `folder` was added."""
        return folder in self._covered

    def is_polled(self, folder: str) -> bool:
        """Say whether the files of `folder` must be polled."""
        return folder in self._polled

    def add(self, folder: str, now: float) -> None:
        """Cover `folder` from now on."""
        if folder not in self._covered:
            self._covered.add(folder)
            self._cover(folder, now)

    def lose(self, folder: str, now: float) -> None:
        """Cover `folder` anew, whose watch has ended; it may exist again already."""
        if folder not in self._polled:
            self._delay = _RETRY
            self._cover(folder, now)

    def next_retry(self) -> float | None:
        """Give the time at which missing folders are looked for; None while there is none."""
        return min(self._missing.values(), default=None)

    def retry(self, now: float) -> list[str]:
        """Look for the missing folders whose time has come; give those that are covered again."""
        due = [folder for folder, time in self._missing.items() if time <= now]
        if due:
            self._delay = min(self._delay * 1.5, _SLOWEST)
        for folder in due:
            self._cover(folder, now)
        return [folder for folder in due if folder not in self._missing]

    def _cover(self, folder: str, now: float) -> None:
        """Watch `folder`, or poll it, or look for it later."""
        if self._polls:
            self._polled.add(folder)
        elif self._is_silent(folder):
            self._poll(folder, f"the file system of {folder} reports no changes")
        else:
            self._watch(folder, now)

    def _is_silent(self, folder: str) -> bool:
        """Say whether no events come from `folder`; the table of mounts is read once a device."""
        try:
            device = os.stat(folder).st_dev  # noqa: PTH116  pathlib costs start-up time
        except OSError:
            return self._silent(folder)
        if device not in self._devices:
            self._devices[device] = self._silent(folder)
        return self._devices[device]

    def _watch(self, folder: str, now: float) -> None:
        """Ask for the events of `folder`."""
        try:
            self._observer.add_folder(folder)
        except OSError as error:
            if error.errno in _GONE or isinstance(error, FileNotFoundError):
                self._missing[folder] = now + self._delay
            elif error.errno == errno.ENOSPC:
                self._poll(folder, "no inotify watches are left (fs.inotify.max_user_watches)")
            else:
                self._poll(folder, f"{folder} cannot be watched ({error.strerror or error})")
        else:
            self._missing.pop(folder, None)

    def _poll(self, folder: str, reason: str) -> None:
        """Have the files of `folder` polled, and say why the first time."""
        self._polled.add(folder)
        if not self._warned:
            self._warned = True
            self._warn(f"{reason}; changes are found by polling instead")
