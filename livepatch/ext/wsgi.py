"""A session for each request of a WSGI application, up to the last byte of its response."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from livepatch.patching.commits import SESSIONS, Pinned
from livepatch.patching.sessions import is_pinned, unpin
from livepatch.runtime.epochs import PIN, UNPINNED, Pin

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
SERVER_ERROR = 500


class SessionMiddleware:
    """Answers each request with one version of the program, whatever is patched meanwhile."""

    def __init__(self, app: Application) -> None:
        """Wrap `app`."""
        self.app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request in a session, which ends when the server has the whole response."""
        # Every request comes along here: what `Session` does, without its calls.
        if PIN.get() is not UNPINNED and is_pinned():
            return self.app(environ, start_response)  # in another session, which goes on
        session = Pinned("request")
        if SESSIONS.canary_share:
            start_response = _noting_errors(session, start_response)
        SESSIONS.open(session)
        token = PIN.set(session)
        try:
            response = self.app(environ, start_response)
        except BaseException as error:
            unpin(token)
            session.failed |= isinstance(error, Exception)
            SESSIONS.release(session)
            raise
        unpin(token)
        kind = type(response)
        if kind is list or kind is tuple or _is_file(environ, response):
            SESSIONS.release(session)  # nothing of the program runs any more
            return response
        return _Body(session, response)


def _is_file(environ: Environ, response: object) -> bool:
    """Tell whether the server sends `response` in a way of its own (sendfile)."""
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(response, wrapper)


def _noting_errors(session: Pinned, start_response: Callable[..., Any]) -> Callable[..., Any]:
    def noting(status: str, *arguments: Any) -> Any:
        session.failed = session.failed or int(status[:3]) >= SERVER_ERROR
        return start_response(status, *arguments)

    return noting


class _Body:
    """The chunks of a response, each made in the session of its request."""

    __slots__ = ("_chunks", "_pieces", "_session")

    def __init__(self, session: Pinned, chunks: Iterable[bytes]) -> None:
        self._session: Pinned | None = session
        self._chunks = chunks
        self._pieces: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        """Give an iterator that goes on where an earlier one stopped."""
        if self._pieces is None:
            self._pieces = _in_session(self._session or UNPINNED, self._chunks)
        return self._pieces

    def __next__(self) -> bytes:
        return next(iter(self))

    def close(self) -> None:
        """Close the response and end the session; a second call does nothing."""
        session = self._session
        if session is None:
            return
        self._session = None
        try:
            close = getattr(self._chunks, "close", None)
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
        if self._session is not None:
            SESSIONS.release(self._session)


def _in_session(session: Pin, chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Give `chunks`; whoever takes them is pinned only while one is made."""
    token, pinned = PIN.set(session), True
    try:
        for chunk in chunks:
            PIN.reset(token)
            pinned = False
            yield chunk
            token, pinned = PIN.set(session), True
    except Exception:
        if isinstance(session, Pinned):
            session.failed = True
        raise
    finally:
        if pinned:
            PIN.reset(token)
