"""The same on Windows: the standard library's authenticated pipe, its key in the user's profile."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from livepatch.control import places, wire
from livepatch.errors import ControlError
from livepatch.model import Patch

if TYPE_CHECKING:
    from multiprocessing.connection import Connection, Listener

Answer = Callable[[dict[str, Any]], dict[str, Any]]


def pipe_name(pid: int) -> str:
    """Give the name of the pipe of process `pid`."""
    return rf"\\.\pipe\livepatch-{pid}"


class PipeServer:
    """Serves on a named pipe; who cannot read the key file in the user's profile is refused."""

    def __init__(self, answer: Answer, *, warn: Callable[[str], None]) -> None:
        """Have no pipe yet; what goes wrong is told to `warn`."""
        self._answer = answer
        self._warn = warn
        self._listener: Listener | None = None
        self._path = ""
        self._lock = threading.Lock()  # guards _watching
        self._watching: list[Connection] = []

    def start(self) -> None:
        """Have the pipe, its key file, and a thread that accepts."""
        from multiprocessing.connection import Listener  # noqa: PLC0415  slow

        key = secrets.token_bytes(32)
        try:
            self._path = places.address_in(places.own_folder(), os.getpid())
            Path(self._path).write_bytes(key)
            self._listener = Listener(pipe_name(os.getpid()), "AF_PIPE", authkey=key)
        except (OSError, ControlError) as error:
            self._warn(f"this process cannot be controlled from outside: {error}")
            return
        threading.Thread(target=self._run, name="livepatch-control", daemon=True).start()

    def stop(self) -> None:
        """Have neither."""
        listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
            places.remove(self._path)

    def publish(self, patch: Patch) -> None:
        """Send `patch` to those who watch."""
        line = wire.encode({"ok": True, "patch": wire.fields_of(patch)})
        with self._lock:
            watching = list(self._watching)
        for connection in watching:
            try:
                connection.send_bytes(line)
            except OSError:
                self._leave(connection)

    def _leave(self, connection: Connection) -> None:
        with self._lock, contextlib.suppress(ValueError):
            self._watching.remove(connection)

    def _run(self) -> None:
        from multiprocessing.context import AuthenticationError  # noqa: PLC0415  slow

        while (listener := self._listener) is not None:
            try:
                connection = listener.accept()
            except AuthenticationError:
                continue
            except OSError:
                return
            thread = threading.Thread(
                target=self._serve, args=(connection,), name="livepatch-client", daemon=True
            )
            thread.start()

    def _serve(self, connection: Connection) -> None:
        try:
            while True:
                request = wire.decode(connection.recv_bytes(wire.LONGEST))
                if request.get("verb") == "watch":
                    request["verb"] = "status"
                    with self._lock:
                        self._watching.append(connection)
                connection.send_bytes(wire.encode(self._answer(request)))
        except (OSError, EOFError, ValueError):
            self._leave(connection)
            connection.close()
