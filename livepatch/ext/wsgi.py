"""A session for each request of a WSGI application, up to the last byte of its response."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from livepatch.patching.commits import SESSIONS
from livepatch.patching.sessions import Session
from livepatch.runtime.epochs import PIN

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
        session = Session("request")
        if SESSIONS.canary_share:
            start_response = _noting_errors(session, start_response)
        with session:
            response = self.app(environ, start_response)
            if type(response) in {list, tuple} or _is_file(environ, response):
                return response  # nothing of the program runs any more
            if not session.hold():
                return response  # in another session, or retired: there is nothing to keep
        return _Body(session, response)


def _is_file(environ: Environ, response: object) -> bool:
    """Tell whether the server sends `response` in a way of its own (sendfile)."""
    wrapper = environ.get("wsgi.file_wrapper")
    return isinstance(wrapper, type) and isinstance(response, wrapper)


def _noting_errors(session: Session, start_response: Callable[..., Any]) -> Callable[..., Any]:
    def noting(status: str, *arguments: Any) -> Any:
        session.failed = session.failed or int(status[:3]) >= SERVER_ERROR
        return start_response(status, *arguments)

    return noting


class _Body:
    """The chunks of a response, each made in the session of its request."""

    __slots__ = ("_chunks", "_next", "_open", "_session")

    def __init__(self, session: Session, response: Iterable[bytes]) -> None:
        self._session = session
        self._chunks = response
        self._next: Iterator[bytes] | None = None
        self._open = True

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        token = PIN.set(self._session)
        try:
            if self._next is None:
                self._next = iter(self._chunks)
            return next(self._next)
        except StopIteration:
            raise
        except Exception:
            self._session.failed = True
            raise
        finally:
            PIN.reset(token)

    def close(self) -> None:
        """Close the response and end the session; a second call does nothing."""
        if not self._open:
            return
        self._open = False
        try:
            close = getattr(self._chunks, "close", None)
            if close is not None:
                with self._session.resumed():
                    close()
        finally:
            self._session.release()

    def __del__(self) -> None:
        """End the session where a server forgot to close the response."""
        if self._open:
            self._open = False
            self._session.release()
