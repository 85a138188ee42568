"""Which tracked files an event may be about, and which folders must be watched for them.

Tracked files are known by their real path, and real folders are watched. A file that was
imported through symbolic links has one more name for each of them: whoever replaces a link
changes what the program would import, without touching the real file.
"""

# ruff: noqa: PTH100, PTH114, PTH115, PTH118, PTH120
# (pathlib would add 3 ms to the start of every program)
from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Final

_MAX_LINKS: Final = 40
_FOLDS_CASE: Final = sys.platform in {"darwin", "win32", "cygwin"}


def key_of(path: str) -> str:
    """Give what all spellings of `path` share on a file system that ignores case.

    On one that does not, two files may share it: an event is then about both, at no harm.
    """
    if not _FOLDS_CASE:
        return path
    return os.path.normcase(unicodedata.normalize("NFC", path).casefold())


class Targets:
    """The tracked files, found by what an event names."""

    def __init__(self, tracked: Callable[[str], bool]) -> None:
        """Know no file; `tracked` is asked about paths that were never added."""
        self._tracked = tracked
        self._files: dict[str, set[str]] = {}
        self._in_folder: dict[str, set[str]] = {}
        self._real_folders: dict[str, str] = {}

    def add(self, path: str) -> tuple[str, set[str]]:
        """Know `path`; give its real path and the real folders whose events matter for it."""
        spelt = os.path.abspath(path)
        folder, name = os.path.split(spelt)
        real = os.path.join(self.real_folder(folder), name)
        if os.path.islink(real):
            real = os.path.realpath(real)
        home = os.path.dirname(real)
        folders = {home}
        self._files.setdefault(key_of(real), set()).add(real)
        self._in_folder.setdefault(key_of(home), set()).add(real)
        if real != spelt:
            for link in _links(spelt):
                self._files.setdefault(key_of(link), set()).add(real)
                folders.add(os.path.dirname(link))
        return real, folders

    def real_folder(self, folder: str) -> str:
        """Give the real path of `folder`, remembered: one import in fifty is in a new one."""
        real = self._real_folders.get(folder)
        if real is None:
            real = self._real_folders[folder] = os.path.realpath(folder)
        return real

    def find(self, path: str) -> frozenset[str]:
        """Give the real paths of the tracked files that an event at `path` may be about.

        For a folder these are all the files known in it.
        """
        key = key_of(path)
        found = self._files.get(key) or self._in_folder.get(key)
        if found:
            return frozenset(found)
        return frozenset({path}) if self._tracked(path) else frozenset()

    def files(self) -> frozenset[str]:
        """Give the real path of every file that was added."""
        return frozenset().union(*self._in_folder.values())


def _links(spelt: str) -> Iterator[str]:
    """Give each symbolic link on the way from `spelt` to its real file, by its real folder.

    Links in the root folder are the system's own (`/tmp` on macOS), and stay.
    """
    waiting, seen = [spelt], 0
    while waiting and seen < _MAX_LINKS:
        path = waiting.pop()
        folder, name = os.path.split(path)
        if not name or folder == os.path.dirname(folder):
            continue
        waiting.append(folder)
        if os.path.islink(path):
            seen += 1
            home = os.path.realpath(folder)
            yield os.path.join(home, name)
            waiting.append(os.path.normpath(os.path.join(home, os.readlink(path))))
