"""A session for each request and each websocket of an ASGI application."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from livepatch.patching.commits import SESSIONS
from livepatch.patching.pins import Pinned
from livepatch.patching.sessions import Request, is_pinned, unpin
from livepatch.runtime.epochs import PIN, UNPINNED

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]
SERVER_ERROR = 500


class SessionMiddleware:
    """Answers each request with one version of the program, whatever is patched meanwhile.

    A websocket is one session from its opening to its end, unless `websockets` is false: then it
    takes every patch at its next call. The lifespan of the application is no session.
    """

    def __init__(self, app: Application, *, websockets: bool = True) -> None:
        """Wrap `app`."""
        self.app = app
        self._kinds = {"http", "websocket"} if websockets else {"http"}

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        """Run the application for one connection."""
        kind = scope["type"]
        if kind not in self._kinds or (PIN.get() is not UNPINNED and is_pinned()):
            await self.app(scope, receive, send)
            return
        session = Request() if kind == "http" else Websocket()
        if SESSIONS.canary_share:
            send = _noting_errors(session, send)
        # Every request comes along here: what `Session` does, without its calls.
        SESSIONS.open(session)
        token = PIN.set(session)
        try:
            await self.app(scope, receive, send)
        except Exception:
            session.failed = True
            raise
        finally:
            unpin(token)
            SESSIONS.release(session)


class Websocket(Pinned):
    """The session of one websocket."""

    name = "websocket"


def _noting_errors(session: Pinned, send: Send) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= SERVER_ERROR:
            session.failed = True
        await send(message)

    return noting
