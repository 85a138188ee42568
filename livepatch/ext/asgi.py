"""A session for each request and each websocket of an ASGI application.

Every request comes along here: what `Pins` does as a session opens and ends is written out,
because calls of Python would be most of its cost.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from livepatch import api
from livepatch.patching.commits import SESSIONS
from livepatch.patching.pinned import Pinned, Request
from livepatch.patching.sessions import is_session, unpin
from livepatch.runtime.epochs import LATEST, NEWEST, PIN, UNPINNED

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
        self._answer = in_sessions(app, websockets=websockets)

    async def __call__(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send
    ) -> None:
        """Run the application for one connection."""
        await self._answer(scope, receive, send)


def in_sessions(app: Application, *, websockets: bool = True) -> Application:
    """Give `app` with a session for each connection: a function, which is called for less."""
    api.prepare()  # later, requests and the imports of the first patch would wait for each other
    sessions, opened, clock = SESSIONS, SESSIONS.opened, SESSIONS.clock
    add, remove, get, pin, reset = opened.add, opened.remove, PIN.get, PIN.set, PIN.reset
    kinds = {"http": Request, "websocket": Websocket} if websockets else {"http": Request}

    async def answer(scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        kind, outer = kinds.get(scope["type"]), get()
        if kind is None or (outer is not UNPINNED and is_session(outer)):
            await app(scope, receive, send)
            return
        session = kind()
        session.epoch = LATEST
        session.started = clock()
        add(session)
        if not sessions.opens_freely:
            sessions.open_in_turn(session)
            send = _noting_errors(session, send) if sessions.canary_share else send
        if outer is not UNPINNED:
            sessions.match(session, outer)
        token = pin(session)
        try:
            await app(scope, receive, send)
        except BaseException as error:
            session.failed |= isinstance(error, Exception)
            unpin(token)
            SESSIONS.release(session)
            raise
        try:
            reset(token)
            remove(session)
        except (ValueError, KeyError):  # in another context, or held by others
            _end(session)
            return
        session.epoch = NEWEST
        if not sessions.ends_freely:
            sessions.after_end(session)

    return answer


class Websocket(Pinned):
    """The session of one websocket."""

    __slots__ = ()

    name = "websocket"


def _end(session: Pinned) -> None:
    if PIN.get() is session:
        PIN.set(UNPINNED)
    SESSIONS.release(session)


def _noting_errors(session: Pinned, send: Send) -> Send:
    async def noting(message: Message) -> None:
        if message["type"] == "http.response.start" and message["status"] >= SERVER_ERROR:
            session.failed = True
        await send(message)

    return noting
