"""What one run prints, kept apart from what others print at the same time.

`sys.stdout` is replaced while some run lasts, by a stream that asks the context which run is
printing; whoever belongs to none prints to where they always did.
"""

from __future__ import annotations

import io
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

_buffer: ContextVar[io.StringIO | None] = ContextVar("livepatch.stdout", default=None)
_lock = threading.Lock()  # guards _users and who is sys.stdout
_users = 0


class _Switch:
    """A text stream that is the run's own buffer in a run, and the program's stream elsewhere."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        buffer = _buffer.get()
        if buffer is None:
            return int(self.stream.write(text))
        return buffer.write(text)

    def writelines(self, lines: Iterator[str]) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        buffer = _buffer.get()
        return getattr(self.stream if buffer is None else buffer, name)


@contextmanager
def captured_stdout() -> Iterator[io.StringIO]:
    """Give the buffer that takes what this context prints, until the end of the block."""
    buffer = io.StringIO()
    token = _buffer.set(buffer)
    _acquire()
    try:
        yield buffer
    finally:
        _release()
        _buffer.reset(token)


def _acquire() -> None:
    global _users  # noqa: PLW0603  sys.stdout is global, too
    with _lock:
        _users += 1
        if not isinstance(sys.stdout, _Switch):
            switch: Any = _Switch(sys.stdout)
            sys.stdout = switch


def _release() -> None:
    global _users  # noqa: PLW0603
    with _lock:
        _users -= 1
        switch: Any = sys.stdout
        if not _users and isinstance(switch, _Switch):
            sys.stdout = switch.stream
