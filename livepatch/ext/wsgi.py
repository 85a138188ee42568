"""A session for each request of a WSGI application, up to the last byte of its response.

Every request of a program comes along here. Mostly its thread has a free seat (see
`patching.pinned`), which it takes and leaves without a call of Python.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from threading import get_ident
from typing import Any, Self

from livepatch import api
from livepatch.ext.responses import is_complete, werkzeug_parts
from livepatch.patching.commits import SESSIONS
from livepatch.patching.pinned import Pinned, Request, Seat
from livepatch.patching.sessions import is_session, unpin
from livepatch.runtime import frames
from livepatch.runtime.epochs import LATEST, PIN, UNPINNED

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
SERVER_ERROR = 500


class SessionMiddleware:
    """Answers each request with one version of the program, whatever is patched meanwhile."""

    def __init__(self, app: Application) -> None:
        """Wrap `app`."""
        self.app = app
        self._answer = in_sessions(app)

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request in a session, which ends when the server has the whole response."""
        return self._answer(environ, start_response)


def in_sessions(app: Application) -> Application:
    """Give `app` with a session for each request: a function, which is called for less."""
    api.prepare()  # later, requests and the imports of the first patch would wait for each other
    sessions, clock, get, thread = SESSIONS, SESSIONS.clock, PIN.get, get_ident
    closing, close, encoding = werkzeug_parts()

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        session: Any = get()
        try:
            if session.thread != thread():
                return _in_turn(app, answer, environ, start_response)
            session.turn.pop()
        except (AttributeError, IndexError):  # no seat, or one that is taken
            return _in_turn(app, answer, environ, start_response)
        session.started = clock()
        if session.epoch != LATEST or not sessions.opens_freely:
            sessions.give_back(session)
            return _in_own_session(app, environ, start_response)
        try:
            response: Any = app(environ, start_response)
        except BaseException as error:
            session.failed = isinstance(error, Exception)
            _leave(session)
            raise
        if type(response) is closing:  # most are: `responses.is_complete` without its calls
            try:
                encoded, ending = response._callbacks  # noqa: SLF001
                whole = ending.__self__
                is_over = (
                    type(whole.response) is list
                    and not whole._on_close  # noqa: SLF001
                    and ending.__func__ is close
                    and encoded.__self__.gi_code is encoding
                )
            except (AttributeError, ValueError):
                is_over = False
        else:
            is_over = is_complete(response, environ)
        if not (is_over and session.epoch == LATEST and sessions.ends_freely):
            return _leave(session, response, is_over=is_over)
        session.turn.append(True)
        if not sessions.ends_freely:  # a commit that has met it may not have seen it end
            sessions.give_back(session, is_free=True)  # type: ignore[unreachable]
        return response  # type: ignore[no-any-return]

    return answer


def _in_turn(
    app: Application,
    answer: Application,
    environ: Environ,
    start_response: Callable[..., Any],
) -> Iterable[bytes]:
    """Answer a request that finds no free seat."""
    pin = PIN.get()
    if is_session(pin):
        return app(environ, start_response)  # in another session, which goes on
    if not (isinstance(pin, Seat) and pin.goes_on()) or _is_lost(pin):
        seat = SESSIONS.make_seat(get_ident())
        if seat is not None:
            PIN.set(seat)
            return answer(environ, start_response)
    return _in_own_session(app, environ, start_response)


def _is_lost(seat: Seat) -> bool:
    """End the session on `seat` if an exception from outside (Ctrl-C) ended its request.

    It can come when the seat is taken and nothing else has begun. A greenlet that waits has its
    request on no stack.
    """
    if seat.thread != get_ident() or "greenlet" in sys.modules or frames.calls_in(seat) > 1:
        return False
    SESSIONS.leave_seat(seat)
    return True


def _leave(
    seat: Seat, response: Iterable[bytes] = (), *, is_over: bool = True
) -> Iterable[bytes]:
    """End the session on `seat`, or hand it on to what is left of its response."""
    if not is_over:
        seat.share()
        body = _Body(seat, response)
        PIN.set(UNPINNED)
        return body
    if not SESSIONS.leave_seat(seat):
        PIN.set(UNPINNED)
    return response


def _in_own_session(
    app: Application, environ: Environ, start_response: Callable[..., Any]
) -> Iterable[bytes]:
    session = Request()
    SESSIONS.open(session, PIN.get())
    if SESSIONS.canary_share:
        start_response = _noting_errors(session, start_response)
    token = PIN.set(session)
    try:
        response = app(environ, start_response)
    except BaseException as error:
        unpin(token)
        session.failed |= isinstance(error, Exception)
        SESSIONS.release(session)
        raise
    unpin(token)
    if is_complete(response, environ):
        SESSIONS.release(session)  # nothing of the program runs now: the server sends it
        return response
    return _Body(session, response)


def _noting_errors(session: Pinned, start_response: Callable[..., Any]) -> Callable[..., Any]:
    def noting(status: str, *arguments: Any) -> Any:
        session.failed = session.failed or int(status[:3]) >= SERVER_ERROR
        return start_response(status, *arguments)

    return noting


class _Body(chain[bytes]):
    """The chunks of a response; its `close` ends the session of the request.

    It is its own iterator, as `chain` is one: nothing of Python runs between the server and
    what gives the chunks.
    """

    __slots__ = ("response", "session")

    session: Pinned | None
    response: Iterable[bytes]

    def __new__(cls, session: Pinned, response: Iterable[bytes]) -> Self:
        """Give the chunks of `response`, which belongs to `session`."""
        body = super().__new__(cls, _in_session(session, response))
        body.session = session
        body.response = response
        return body

    def close(self) -> None:
        """Close the response and end the session; a second call does nothing."""
        session = self.session
        if session is None:
            return
        self.session = None
        try:
            close = getattr(self.response, "close", None)
            if close is not None:
                token = PIN.set(session)
                try:
                    close()
                finally:
                    PIN.reset(token)
        finally:
            SESSIONS.release(session)

    def __del__(self) -> None:
        """End the session where a server forgot to close the response."""
        if self.session is not None:
            SESSIONS.release(self.session)


def _in_session(session: Pinned, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Give `chunks`; whoever takes them is pinned only while one is made."""
    token, pinned = PIN.set(session), True
    try:
        for chunk in chunks:
            PIN.reset(token)
            pinned = False
            yield chunk
            token, pinned = PIN.set(session), True
    except Exception:
        session.failed = True
        raise
    finally:
        if pinned:
            PIN.reset(token)
