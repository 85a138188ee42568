"""Linux: the kernel's file events, read by the thread that patches.

One hop from the kernel to the patch: under a program that spins, each further thread costs a
switch interval of 5 ms. Closing a written file and moving one into place are reported as
complete; watchdog's buffer would hold the latter back for 0.5 s to pair it with its origin.
"""

from __future__ import annotations

import ctypes
import os
import select
import struct
import threading
import time
from typing import Final

from livepatch.watching.events import FileEvent

_MODIFY: Final = 0x2
_CLOSE_WRITE: Final = 0x8
_MOVED_FROM: Final = 0x40
_MOVED_TO: Final = 0x80
_CREATE: Final = 0x100
_DELETE: Final = 0x200
_DELETE_SELF: Final = 0x400
_MOVE_SELF: Final = 0x800
_UNMOUNT: Final = 0x2000
_OVERFLOW: Final = 0x4000
_IGNORED: Final = 0x8000
_ONLY_DIRECTORY: Final = 0x0100_0000
_MASK: Final = (
    _MODIFY | _CLOSE_WRITE | _MOVED_FROM | _MOVED_TO | _CREATE | _DELETE
    | _DELETE_SELF | _MOVE_SELF | _ONLY_DIRECTORY
)  # fmt: skip
_ENDED: Final = _DELETE_SELF | _MOVE_SELF | _UNMOUNT | _IGNORED
_HEADER: Final = struct.Struct("iIII")  # watch, mask, cookie, length of the name
_BUFFER: Final = 1 << 16
_FINE: Final = 0.005
"""Below this a timeout is slept: poll() counts in whole milliseconds, and rounds up."""


class InotifyObserver:
    """One inotify instance with one watch per folder."""

    def __init__(self) -> None:
        """Open the instance; OSError when the user has no more of them."""
        # PyDLL keeps the interpreter lock. These calls take microseconds; giving the lock up
        # would cost a program that imports under a busy thread 5 ms to get it back.
        libc = ctypes.PyDLL(None, use_errno=True)
        self._add_watch = libc.inotify_add_watch
        self._add_watch.argtypes = (ctypes.c_int, ctypes.c_char_p, ctypes.c_uint32)
        self._remove_watch = libc.inotify_rm_watch
        self._remove_watch.argtypes = (ctypes.c_int, ctypes.c_int)
        self._descriptor: int = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self._descriptor < 0:
            raise _last_error()
        self._wakeup, self._waker = os.pipe()  # not inheritable, by PEP 446
        os.set_blocking(self._waker, False)
        self._poll = select.poll()
        self._poll.register(self._descriptor, select.POLLIN)
        self._poll.register(self._wakeup, select.POLLIN)
        self._lock = threading.Lock()  # guards _folders and the life of the descriptors
        # Two folders share a watch where one is mounted a second time somewhere else.
        self._folders: dict[int, tuple[str, ...]] = {}
        self._closed = False

    def add_folder(self, folder: str) -> None:
        """Report from now on what happens directly in `folder`; OSError where that fails."""
        with self._lock:
            if self._closed:
                return
            watch: int = self._add_watch(self._descriptor, os.fsencode(folder), _MASK)
            if watch < 0:
                raise _last_error(folder)
            known = self._folders.get(watch, ())
            if folder not in known:
                self._folders[watch] = (*known, folder)

    def wait(self, timeout: float | None) -> list[FileEvent]:
        """Give the events as soon as there are any; none after `timeout` or a `wake`."""
        if timeout is not None and timeout < _FINE:
            if timeout > 0:
                time.sleep(timeout)
            timeout = 0.0
        ready = self._poll.poll(None if timeout is None else timeout * 1000)
        if any(descriptor == self._wakeup for descriptor, _ in ready):
            os.read(self._wakeup, 4096)
        if not any(descriptor == self._descriptor for descriptor, _ in ready):
            return []
        return self._read()

    def wake(self) -> None:
        """Make the `wait` in progress, or the next one, return at once."""
        with self._lock:
            if not self._closed:
                try:
                    os.write(self._waker, b"\0")
                except BlockingIOError:
                    return  # a full pipe wakes as well

    def close(self) -> None:
        """Give back the instance and the pipe."""
        with self._lock:
            if not self._closed:
                self._closed = True
                for descriptor in (self._descriptor, self._wakeup, self._waker):
                    os.close(descriptor)

    def _read(self) -> list[FileEvent]:
        """Give every event that the kernel holds, in order, neighbours of one kind as one."""
        events: dict[FileEvent, None] = {}
        while True:
            try:
                data = os.read(self._descriptor, _BUFFER)
            except BlockingIOError:
                return list(events)
            with self._lock:
                self._parse(data, events)
            # The kernel fills the buffer up to the last event that fits whole.
            if len(data) < _BUFFER - 512:
                return list(events)

    def _parse(self, data: bytes, events: dict[FileEvent, None]) -> None:
        """Add what `data` says to `events`; of equal ones the last keeps its place."""
        position = 0
        while position < len(data):
            watch, mask, _, length = _HEADER.unpack_from(data, position)
            position += _HEADER.size
            name = data[position : position + length].rstrip(b"\0")
            position += length
            for event in self._events(watch, mask, os.fsdecode(name)):
                events.pop(event, None)
                events[event] = None

    def _events(self, watch: int, mask: int, name: str) -> list[FileEvent]:
        """Give the events of one record; a watch that has ended is forgotten."""
        if mask & _OVERFLOW:
            every = [folder for folders in self._folders.values() for folder in folders]
            return [FileEvent(folder, complete=False) for folder in every]
        if mask & _ENDED:
            folders = self._folders.pop(watch, ())
            if mask & _MOVE_SELF:  # it goes on under another path, which is not ours
                self._remove_watch(self._descriptor, watch)
            return [FileEvent(folder, complete=False) for folder in folders]
        complete = bool(mask & (_CLOSE_WRITE | _MOVED_TO))
        folders = self._folders.get(watch, ())
        return [FileEvent(f"{folder.rstrip('/')}/{name}", complete) for folder in folders]


def _last_error(subject: str = "inotify") -> OSError:
    """Give the error of the last call, of the class that its number asks for."""
    number = ctypes.get_errno()
    return OSError(number, os.strerror(number), subject)
