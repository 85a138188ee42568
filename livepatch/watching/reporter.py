"""Writes what happened to the terminal and to the log, and never disturbs the program.

A closed stream, a full disk or an encoding that cannot take a symbol loses a report, nothing
else. The log is opened for each line: it may be rotated, or its disk may come back.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from livepatch.model import Patch


class Stream(Protocol):
    """As much of a text stream as reports need."""

    def write(self, text: str, /) -> object:
        """Take `text`."""

    def flush(self) -> object:
        """Let nothing wait."""


class Reporter:
    """Writes patches and messages to `stream` and, one line each, to the file `log`.

    `verbose` is -1 for refusals and messages alone, 0 for what changed, 1 for all that is
    known. `log` holds JSON lines where its name ends with `.jsonl`. Paths inside `root` are
    shown relative to it.
    """

    def __init__(
        self, stream: Stream | None, *, verbose: int = 0, log: str | None = None, root: str = ""
    ) -> None:
        """Have written nothing; without a `stream` only the log is written."""
        self._stream = stream
        self._verbose = verbose
        self._log = os.path.abspath(log) if log else None  # noqa: PTH100  start-up time
        self._root = root
        self._current = 0
        self._log_failed = False
        self._lock = threading.Lock()  # keeps the lines of two reports apart

    def report(self, patch: Patch) -> None:
        """Write the report of `patch`; one that changed nothing is only told of on demand."""
        if patch.number:
            self._current = patch.number
        if not (patch.errors or patch.number or patch.notes):
            return
        from livepatch import report as reports  # noqa: PLC0415  only patches need it

        if self._stream is not None and (self._verbose >= 0 or patch.errors):
            text = reports.render(
                patch,
                root=self._root,
                color=_has_color(self._stream),
                verbose=max(self._verbose, 0),
                current=self._current,
                ascii=reports.needs_ascii(getattr(self._stream, "encoding", None)),
            )
            self._write(text)
        if self._log:
            now = _now()
            line = (
                reports.to_json(patch, time=now)
                if self._is_json
                else reports.log_line(patch, root=self._root, time=now)
            )
            self._append(line)

    def mute(self) -> None:
        """Write to the log alone from now on."""
        self._stream = None

    def message(self, text: str) -> None:
        """Write `text`, which belongs to no patch."""
        from livepatch import report as reports  # noqa: PLC0415  as above

        ascii_only = reports.needs_ascii(getattr(self._stream, "encoding", None))
        color = _has_color(self._stream)
        self._write(reports.render_message(text, color=color, ascii=ascii_only))
        if self._log and self._is_json:
            import json  # noqa: PLC0415  only who asks for JSON pays for the import

            self._append(json.dumps({"time": _now(), "event": "message", "text": text}))
        elif self._log:
            self._append(f"{_now()} {text!a}" if "\n" in text else f"{_now()} {text}")

    @property
    def _is_json(self) -> bool:
        return self._log is not None and self._log.endswith(".jsonl")

    def _write(self, text: str) -> None:
        """Write `text` and a newline to the stream in one piece, if it takes it."""
        if self._stream is None:
            return
        try:
            with self._lock:
                self._stream.write(text + "\n")
                self._stream.flush()
        except (OSError, ValueError):
            return  # closed, full, or without the characters: the program comes first

    def _append(self, line: str) -> None:
        """Append `line` to the log; the first failure is told of."""
        if self._log is None:
            return
        data = (line + "\n").encode("utf-8", "backslashreplace")
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0)
        try:
            descriptor = os.open(self._log, flags, 0o666)
            try:
                os.write(descriptor, data)  # one call: lines of two processes stay whole
            finally:
                os.close(descriptor)
        except OSError as error:
            if not self._log_failed:
                self._log_failed = True
                reason = error.strerror or str(error)
                self._write(f"livepatch  the log {self._log} cannot be written: {reason}")


def standard_error() -> Stream | None:
    """Give the process's own standard error, also where the program has replaced `sys.stderr`."""
    return sys.__stderr__


def _has_color(stream: Stream | None) -> bool:
    """Say whether `stream` is a terminal whose user wants colours (no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    if os.environ.get("TERM") == "dumb":
        return False
    try:
        return bool(stream is not None and getattr(stream, "isatty", bool)())
    except (OSError, ValueError):
        return False


def _now() -> str:
    """Give the local time, with its offset, to the millisecond."""
    seconds = time.time()
    local = time.localtime(seconds)
    zone = time.strftime("%z", local)
    text = time.strftime("%Y-%m-%dT%H:%M:%S", local)
    return f"{text}.{int(seconds % 1 * 1000):03}{zone[:3]}:{zone[3:5]}"
