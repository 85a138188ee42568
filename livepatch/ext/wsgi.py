"""A session for each request of a WSGI application, up to the last byte of its response."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from livepatch.patching.commits import SESSIONS, Pinned
from livepatch.patching.sessions import is_pinned, unpin
from livepatch.runtime.epochs import PIN, UNPINNED

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]
SERVER_ERROR = 500
_END: Any = object()


class SessionMiddleware:
    """Answers each request with one version of the program, whatever is patched meanwhile."""

    def __init__(self, app: Application) -> None:
        """Wrap `app`."""
        self.app = app

    def __call__(self, environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Answer one request in a session, which ends when the server has the whole response."""
        if is_pinned():
            return self.app(environ, start_response)  # in another session, which goes on
        session = Pinned("request")
        if SESSIONS.canary_share:
            start_response = _noting_errors(session, start_response)
        # Every request comes along here: what `Session` does, without its calls.
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

    __slots__ = ("_chunks", "_next", "_session")

    def __init__(self, session: Pinned, response: Iterable[bytes]) -> None:
        self._session: Pinned | None = session
        self._chunks = response
        self._next: Iterator[bytes] | None = None

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        session = self._session or UNPINNED
        token = PIN.set(session)
        try:
            if self._next is None:
                self._next = iter(self._chunks)
            chunk = next(self._next, _END)  # to catch an exception would cost more
        except Exception:
            if self._session is not None:
                self._session.failed = True
            raise
        finally:
            PIN.reset(token)
        if chunk is _END:
            raise StopIteration
        return chunk

    def close(self) -> None:
        """Close the response and end the session; a second call does nothing."""
        session, self._session = self._session, None
        if session is None:
            return
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
