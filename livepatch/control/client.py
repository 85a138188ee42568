"""The other end: asks a running process, and waits for its answer."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self

from livepatch.control import places, wire
from livepatch.errors import ControlError


class Channel(Protocol):
    """Carries messages to one process and back."""

    def send(self, data: bytes) -> None:
        """Send one message."""

    def receive(self) -> bytes:
        """Wait for one message; OSError or EOFError where none will come."""

    def close(self) -> None:
        """Be closed."""


class Client:
    """A connection to the process `pid`; raises `ControlError` with what to do."""

    def __init__(self, pid: int, *, timeout: float | None = 30.0) -> None:
        """Connect; `timeout` seconds are given to each answer."""
        self.pid = pid
        self._channel = open_channel(pid, timeout)

    def call(self, verb: str, **arguments: Any) -> Any:
        """Ask for `verb` and give the result."""
        self._send({"verb": verb, **arguments})
        return self._receive().get("result")

    def watch(self) -> Iterator[dict[str, Any]]:
        """Give the status at first, then each patch as it happens, until the process ends."""
        self._send({"verb": "watch"})
        while True:
            try:
                message = self._receive()
            except ControlError:
                return
            yield message.get("patch") or message["result"]

    def _send(self, message: wire.Message) -> None:
        try:
            self._channel.send(wire.encode(message))
        except OSError as error:
            raise _lost(self.pid, error) from error

    def _receive(self) -> dict[str, Any]:
        try:
            reply = wire.decode(self._channel.receive())
        except TimeoutError as error:
            message = (
                f"process {self.pid} does not answer; it may be stopped, or busy in C code"
            )
            raise ControlError(message) from error
        except (OSError, EOFError, ValueError) as error:
            raise _lost(self.pid, error) from error
        if not reply.get("ok"):
            raise ControlError(str(reply.get("error")))
        return reply

    def close(self) -> None:
        """Be disconnected."""
        self._channel.close()

    def __enter__(self) -> Self:
        """Give the client itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close."""
        self.close()


def _lost(pid: int, error: Exception) -> ControlError:
    reason = str(error) or "it closed the connection"
    return ControlError(f"process {pid} is no longer there: {reason}")


def open_channel(pid: int, timeout: float | None) -> Channel:
    """Connect to process `pid`; raise `ControlError` that says what to do where that fails."""
    path = places.address_of(pid)
    if path is None:
        raise ControlError(_unreachable(pid))
    try:
        return _PipeChannel(pid, path) if os.name == "nt" else _SocketChannel(path, timeout)
    except (ConnectionRefusedError, FileNotFoundError) as error:
        if not places.is_alive(pid):
            places.remove(path)
        raise ControlError(_unreachable(pid)) from error
    except OSError as error:
        message = f"process {pid} cannot be reached: {error.strerror or error}"
        raise ControlError(message) from error


def _unreachable(pid: int) -> str:
    if not places.is_alive(pid):
        return f"there is no process {pid}"
    return (
        f"process {pid} has no control socket of this user: it does not run livepatch, or with "
        f"--no-control, or it belongs to somebody else; `livepatch attach {pid}` starts livepatch "
        "in a process of Python 3.14 or newer"
    )


class _SocketChannel:
    def __init__(self, path: str, timeout: float | None) -> None:
        import socket  # noqa: PLC0415  not needed where there is no such socket

        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self._socket.settimeout(timeout)
        try:
            self._socket.connect(path)
        except OSError:
            self._socket.close()
            raise
        self._received = b""

    def send(self, data: bytes) -> None:
        self._socket.sendall(data)

    def receive(self) -> bytes:
        while b"\n" not in self._received:
            data = self._socket.recv(1 << 16)
            if not data:
                raise EOFError
            self._received += data
        line, _, self._received = self._received.partition(b"\n")
        return line

    def close(self) -> None:
        self._socket.close()


class _PipeChannel:
    def __init__(self, pid: int, key_file: str) -> None:
        from multiprocessing.connection import Client as connect  # noqa: PLC0415, N813  slow

        from livepatch.control.pipe import pipe_name  # noqa: PLC0415  another system

        self._connection = connect(pipe_name(pid), authkey=Path(key_file).read_bytes())

    def send(self, data: bytes) -> None:
        self._connection.send_bytes(data)

    def receive(self) -> bytes:
        return self._connection.recv_bytes(wire.LONGEST)

    def close(self) -> None:
        self._connection.close()


def wait_for(pid: int, *, seconds: float) -> Client:
    """Connect to process `pid` as soon as it can be reached; `ControlError` after `seconds`."""
    end = time.monotonic() + seconds
    while True:
        try:
            return Client(pid)
        except ControlError:
            if time.monotonic() > end:
                raise
        time.sleep(0.02)
