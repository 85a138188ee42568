"""Sources of file events behind one Protocol; the only module that knows watchdog.

An observer watches folders, never trees: a program of 50,000 files imports a few hundred, and
a watch is only worth its price where one of these lies. Importing this module imports neither
watchdog nor ctypes: both come when a watch starts. On Linux watchdog is only the second choice,
because its import takes 45 ms and 7 MiB where inotify by itself takes 4 ms and 1 MiB.
"""

# ruff: noqa: PTH112, PTH123
# (pathlib would add 3 ms to the start of every program)
from __future__ import annotations

import os
import queue
import sys
import threading
from typing import Any, Final

from livepatch.watching.events import FileEvent, Observer

_SILENT_FILE_SYSTEMS: Final = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "glusterfs", "lustre", "davfs"}
    | {"9p", "drvfs", "vboxsf", "vmhgfs", "prl_fs"}
)
"""Linux file systems where another machine (or Windows, below WSL) writes without an event."""


def open_observer() -> Observer:
    """Give the native observer of this platform; an OSError says that there is none."""
    if sys.platform.startswith("linux"):
        from livepatch.watching.inotify import InotifyObserver  # noqa: PLC0415  ctypes: 4 ms

        try:
            return InotifyObserver()
        except AttributeError:
            pass  # a C library without inotify, for example under an emulator
    return WatchdogObserver()


def is_silent(folder: str, *, mounts: str = "/proc/mounts") -> bool:
    """Say whether `folder` lies on a file system that reports no events."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        with open(mounts, encoding="utf-8", errors="surrogateescape") as table:
            rows = [line.split(" ")[1:3] for line in table]
    except OSError:
        return False
    best, kind = "", ""
    for point, kind_there in rows:
        root = _unescape(point)
        inside = folder == root or folder.startswith(root.rstrip("/") + "/")
        if inside and len(root) >= len(best):  # the last mount on one point hides the others
            best, kind = root, kind_there
    return kind in _SILENT_FILE_SYSTEMS or kind.startswith(("fuse.sshfs", "fuse.rclone"))


def _unescape(point: str) -> str:
    """Undo the octal escapes that the kernel writes for blanks in a mount point."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        point = point.replace(code, char)
    return point


class WakeOnlyObserver:
    """Knows of no events: the observer of a watcher that polls."""

    def __init__(self) -> None:
        """Be ready to wait."""
        self._woken = threading.Event()

    def add_folder(self, folder: str) -> None:
        """Accept `folder` and report nothing about it."""

    def wait(self, timeout: float | None) -> list[FileEvent]:
        """Give no event, after `timeout` or a `wake`."""
        self._woken.wait(timeout)
        self._woken.clear()
        return []

    def wake(self) -> None:
        """Make the `wait` in progress, or the next one, return at once."""
        self._woken.set()

    def close(self) -> None:
        """Give back nothing."""


_TOLD: Final = frozenset({"closed", "modified", "created", "deleted", "moved"})
"""watchdog's event types that matter; the others are about reading."""


class WatchdogObserver:
    """watchdog's own observer for this platform, its events carried over by a queue.

    No event counts as complete: macOS and Windows do not say when a writer has closed its file,
    and watchdog's threads and buffers hand the parts of a burst over at times of their own
    (of 100 files renamed on Linux, one came alone). Saves go live after the quiet time.
    """

    def __init__(self) -> None:
        """Start watchdog's thread, without a watch."""
        from watchdog.observers import Observer as NativeObserver  # noqa: PLC0415  45 ms

        self._events: queue.SimpleQueue[FileEvent | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._watches: dict[str, Any] = {}
        self._native = NativeObserver()
        self._native.daemon = True
        self._native.start()

    def add_folder(self, folder: str) -> None:
        """Report from now on what happens directly in `folder`; OSError where that fails."""
        if not os.path.isdir(folder):
            raise FileNotFoundError(folder)
        with self._lock:
            handler: Any = self  # of which watchdog only calls `dispatch`
            ended = self._watches.pop(folder, None)
            if ended is not None:
                self._native.unschedule(ended)
            self._watches[folder] = self._native.schedule(handler, folder, recursive=False)

    def dispatch(self, event: Any) -> None:
        """Queue what `event` says; watchdog's dispatcher thread calls this."""
        source = os.fsdecode(event.src_path)
        if event.event_type in _TOLD and not self._is_listing(event, source):
            self._events.put(FileEvent(source, complete=False))
            if event.event_type == "moved":
                self._events.put(FileEvent(os.fsdecode(event.dest_path), complete=False))

    def _is_listing(self, event: Any, source: str) -> bool:
        """Say whether `event` only means that an entry of a watched folder came or went."""
        return event.event_type == "modified" and source in self._watches

    def wait(self, timeout: float | None) -> list[FileEvent]:
        """Give the events as soon as there are any; none after `timeout` or a `wake`."""
        events: list[FileEvent] = []
        try:
            first = self._events.get(timeout=timeout)
            if first is None:
                return events
            events.append(first)
            while True:
                event = self._events.get_nowait()
                if event is not None:
                    events.append(event)
        except queue.Empty:
            return events

    def wake(self) -> None:
        """Make the `wait` in progress, or the next one, return at once."""
        self._events.put(None)

    def close(self) -> None:
        """Stop watchdog's threads; those that do not end within a second are left behind."""
        self._native.stop()
        self._native.join(1.0)
