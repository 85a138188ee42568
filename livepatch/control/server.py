"""The control thread of a process: a socket that only its own user can reach.

One thread answers one request after the other and feeds those who watch. It ends before a fork
and goes on after it, in the child with a socket of the child's own. The low-level `_socket` is
used since `socket` would add 6 ms to the start of every program.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import struct
import sys
import threading
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from livepatch.control import places, wire
from livepatch.errors import ControlError
from livepatch.watching import forking
from livepatch.watching.background import await_exit, block_signals, restore_signals

if TYPE_CHECKING:
    from livepatch.model import Patch

MOST_CLIENTS = 16
SEND_LIMIT = 2.0  # seconds for a client to take a message; who does not is left
HALT_LIMIT = 5.0
Answer = Callable[[dict[str, Any]], dict[str, Any]]


class Server(Protocol):
    """What makes a process reachable."""

    def start(self) -> None:
        """Be reachable."""

    def stop(self) -> None:
        """Be reachable no longer."""

    def publish(self, patch: Patch) -> None:
        """Let those who watch know of `patch`."""


class _Client:
    __slots__ = ("queue", "received", "socket", "watches")

    def __init__(self, socket: Any) -> None:
        self.socket = socket
        self.received = b""
        self.watches = False
        self.queue: deque[bytes] = deque()


def open_server(answer: Answer, *, warn: Callable[[str], None]) -> Server:
    """Give the server for this system, not started yet."""
    if os.name == "nt":
        from livepatch.control.pipe import PipeServer  # noqa: PLC0415  another system

        return PipeServer(answer, warn=warn)
    return SocketServer(answer, warn=warn)


class SocketServer:
    """Serves on a Unix socket: mode 0600, in a folder of mode 0700, peers of this user."""

    def __init__(self, answer: Answer, *, warn: Callable[[str], None]) -> None:
        """Have no socket yet; what goes wrong is told to `warn`."""
        self._answer = answer
        self._warn = warn
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._path = ""
        self._listener: Any = None
        self._wake: tuple[int, int] = (-1, -1)
        self._clients: dict[int, _Client] = {}

    @property
    def address(self) -> str:
        """The path of the socket, empty while there is none."""
        return self._path

    def start(self) -> None:
        """Have the socket and the thread; a process without a private folder goes without."""
        try:
            self._open()
        except (OSError, ControlError) as error:
            self._warn(f"this process cannot be controlled from outside: {error}")
            return
        self._launch()
        forking.carry_over(self)
        atexit.register(self._remove)

    def stop(self) -> None:
        """Have neither; whoever is connected is disconnected."""
        forking.let_go(self)
        self.halt()
        self._close()
        if self._path:
            self._remove()
            self._path = ""
        atexit.unregister(self._remove)

    def _remove(self) -> None:
        """Leave no socket behind when the process ends."""
        if self._path == places.address_in(os.path.dirname(self._path), os.getpid()):  # noqa: PTH120
            places.remove(self._path)

    def publish(self, patch: Patch) -> None:
        """Send `patch` to those who watch; the control thread does it."""
        watching = [client for client in list(self._clients.values()) if client.watches]
        if not watching:
            return
        line = wire.encode({"ok": True, "patch": wire.fields_of(patch)})
        for client in watching:
            client.queue.append(line)
        self._nudge()

    def halt(self) -> None:
        """End the thread between two requests; sockets stay open."""
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return
        self._stopping = True
        self._nudge()
        thread.join(HALT_LIMIT)
        await_exit(thread)
        self._thread = None

    def resume(self, *, in_child: bool) -> None:
        """Go on after `halt`; a child process gets a socket of its own."""
        if not in_child:
            if self._listener is not None and self._thread is None:
                self._launch()
            return
        self._close()
        self._thread = None
        try:
            self._open()
        except (OSError, ControlError):
            return  # the child cannot be controlled: its parent was told of the reason
        self._launch()

    def _open(self) -> None:
        import _socket  # noqa: PLC0415  see above

        self._path = places.address_in(places.own_folder(), os.getpid())
        places.remove(self._path)  # of an earlier process of this number
        self._listener = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM)
        self._listener.bind(self._path)
        os.chmod(self._path, 0o600)  # noqa: PTH101
        self._listener.listen(MOST_CLIENTS)
        self._listener.setblocking(False)  # noqa: FBT003  positional in C
        self._wake = os.pipe()

    def _close(self) -> None:
        for client in list(self._clients.values()):
            client.socket.close()
        self._clients.clear()
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            os.close(self._wake[0])
            os.close(self._wake[1])

    def _launch(self) -> None:
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="livepatch-control", daemon=True)
        self._thread.start()

    def _nudge(self) -> None:
        if self._listener is not None:
            os.write(self._wake[1], b"x")

    def _run(self) -> None:
        mask = block_signals()
        import select  # noqa: PLC0415  not on every system

        while not self._stopping:
            poll = select.poll()
            poll.register(self._wake[0], select.POLLIN)
            if len(self._clients) < MOST_CLIENTS:
                poll.register(self._listener, select.POLLIN)
            for descriptor in self._clients:
                poll.register(descriptor, select.POLLIN)
            for descriptor, _ in poll.poll():
                if descriptor == self._wake[0]:
                    os.read(descriptor, 4096)
                elif descriptor == self._listener.fileno():
                    self._accept()
                else:
                    restore_signals(mask)  # what the program's own code starts must not be deaf
                    self._serve(descriptor)
                    block_signals()
            self._feed()

    def _accept(self) -> None:
        import _socket  # noqa: PLC0415  see above

        try:
            descriptor, _ = self._listener._accept()  # noqa: SLF001
        except OSError:
            return
        client = _socket.socket(fileno=descriptor)
        if peer_uid(client) in {os.geteuid(), 0, None}:
            client.settimeout(SEND_LIMIT)
            self._clients[descriptor] = _Client(client)
        else:
            client.close()

    def _serve(self, descriptor: int) -> None:
        """Answer what the client has asked; one that is gone, or talks nonsense, is left."""
        client = self._clients[descriptor]
        try:
            data = client.socket.recv(1 << 16)
        except OSError:
            data = b""
        client.received += data
        if not data or len(client.received) > wire.LONGEST:
            self._leave(descriptor)
            return
        *lines, client.received = client.received.split(b"\n")
        for line in lines:
            client.queue.append(wire.encode(self._reply(client, line)))

    def _reply(self, client: _Client, line: bytes) -> dict[str, Any]:
        try:
            request = wire.decode(line)
        except ValueError as error:
            return {"ok": False, "error": f"not a request: {error}"}
        if request.get("verb") == "watch":
            client.watches = True
            request["verb"] = "status"
        return self._answer(request)

    def _feed(self) -> None:
        for descriptor, client in list(self._clients.items()):
            try:
                while client.queue:
                    client.socket.sendall(client.queue.popleft())
            except OSError:
                self._leave(descriptor)

    def _leave(self, descriptor: int) -> None:
        with contextlib.suppress(OSError):
            self._clients.pop(descriptor).socket.close()


def peer_uid(client: Any) -> int | None:
    """Give the user at the other end of a Unix socket, None where the system does not tell.

    The folder's mode keeps other users away there.
    """
    import _socket  # noqa: PLC0415  see above

    try:
        platform: str = sys.platform  # the type checker would take the other branches for dead
        if platform == "linux":
            size = struct.calcsize("3i")
            found = client.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, size)
            return int(struct.unpack("3i", found)[1])
        if platform == "darwin":
            found = client.getsockopt(0, 1, 76)  # SOL_LOCAL, LOCAL_PEERCRED: struct xucred
            return int(struct.unpack_from("II", found)[1])
    except OSError:
        return -1
    return None
