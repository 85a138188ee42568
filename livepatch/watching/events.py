"""What a source of file events reports, and what every such source can do."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class FileEvent(NamedTuple):
    """Something happened to `path`; `complete` says that the writer has finished.

    Where `path` is a watched folder, the watch on it has ended (the folder went, or was moved)
    or its events were lost: everything in it may have changed.
    """

    path: str
    complete: bool


class Observer(Protocol):
    """A source of file events, read by one thread; every other method may be called by any."""

    def add_folder(self, folder: str) -> None:
        """Report from now on what happens directly in `folder`; OSError where that fails."""

    def wait(self, timeout: float | None) -> list[FileEvent]:
        """Give the events as soon as there are any; none after `timeout` or a `wake`."""

    def wake(self) -> None:
        """Make the `wait` in progress, or the next one, return at once."""

    def close(self) -> None:
        """Give back every watch, descriptor and thread; no other call may follow."""
