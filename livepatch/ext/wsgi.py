"""A session for each request of a WSGI application, up to the last byte of its response.

Every request of a program comes along here, so this is written to take few calls of Python.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import chain
from typing import Any

from livepatch.ext.responses import is_complete
from livepatch.patching.commits import SESSIONS
from livepatch.patching.pins import Pinned
from livepatch.patching.sessions import Request, is_pinned, unpin
from livepatch.runtime.epochs import PIN, UNPINNED

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

    def answer(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        if PIN.get() is not UNPINNED and is_pinned():
            return app(environ, start_response)  # in another session, which goes on
        session = Request()
        if SESSIONS.canary_share:
            start_response = _noting_errors(session, start_response)
        SESSIONS.open(session)
        token = PIN.set(session)
        try:
            response = app(environ, start_response)
        except BaseException as error:
            unpin(token)
            session.failed |= isinstance(error, Exception)
            SESSIONS.release(session)
            raise
        unpin(token)
        if is_complete(response) or _is_file(response, environ):
            SESSIONS.release(session)  # nothing of the program runs now: the server sends it
            return response
        body = _Body(_in_session(session, response))
        body.session = session
        body.response = response
        return body

    return answer


def _is_file(response: Iterable[bytes], environ: Environ) -> bool:
    """Tell whether the server itself reads what it sends from a file."""
    wrapper = environ.get("wsgi.file_wrapper")
    return type(wrapper) is type and isinstance(response, wrapper)


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
