"""A client that asks as fast as the server answers, over a few connections, and counts."""

import json
import selectors
import socket
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
CONNECTIONS = 8


class Connection:
    def __init__(self, port):
        self.port, self.data, self.sent = port, b"", False
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def ask(self):
        self.socket.sendall(REQUEST)
        self.sent = True

    def receive(self):
        """Give (status, body) when a whole response is there."""
        piece = self.socket.recv(65536)
        if not piece:
            raise ConnectionError("closed by the server")
        self.data += piece
        head, separator, rest = self.data.partition(b"\r\n\r\n")
        if not separator:
            return None
        lines = head.split(b"\r\n")
        length = next(
            int(line.split(b":")[1])
            for line in lines
            if line.lower().startswith(b"content-length")
        )
        if len(rest) < length:
            return None
        self.data = rest[length:]
        self.sent = False
        return int(lines[0].split()[1]), rest[:length]


def load(port, seconds):
    """Load the server; give what was counted."""
    counts = {"responses": 0, "mixed": 0, "errors": 0, "lost": 0, "versions": set()}
    selector = selectors.DefaultSelector()
    for _ in range(CONNECTIONS):
        connection = Connection(port)
        selector.register(connection.socket, selectors.EVENT_READ, connection)
        connection.ask()
    start = time.perf_counter()
    open_connections = CONNECTIONS
    while open_connections:
        ready = selector.select(10)
        if not ready:
            counts["lost"] += open_connections
            break
        for key, _ in ready:
            connection = key.data
            try:
                answer = connection.receive()
            except OSError:
                counts["lost"] += 1
                selector.unregister(connection.socket)
                open_connections -= 1
                continue
            if answer is None:
                continue
            status, body = answer
            counts["responses"] += 1
            if status == 200:
                low, high = json.loads(body)
                counts["mixed"] += low != high
                counts["versions"].add(high)
            else:
                counts["errors"] += 1
            if time.perf_counter() - start < seconds:
                connection.ask()
            else:
                selector.unregister(connection.socket)
                connection.socket.close()
                open_connections -= 1
    counts["seconds"] = time.perf_counter() - start
    return counts
