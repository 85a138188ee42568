"""Sessions as a program uses them: a block, a decorator, something to go on with later."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import Token
from types import TracebackType
from typing import Any, Self, TypeGuard, TypeVar, overload

from livepatch.patching.commits import SESSIONS
from livepatch.patching.pinned import Pinned, Seat
from livepatch.runtime.epochs import NEWEST, PIN, UNPINNED, Pin

__all__ = ["SESSIONS", "Session", "decorated", "session"]

Job = TypeVar("Job", bound=Callable[..., Any])


def is_session(pin: Pin) -> TypeGuard[Pinned]:
    """Tell whether `pin` is a session that goes on, which a new one inside it joins.

    The seat of a thread is none: who is pinned with that may have got it with a context that
    was copied in an earlier request. What is opened beside it has a session of its own.
    """
    return isinstance(pin, Pinned) and not isinstance(pin, Seat) and pin.epoch != NEWEST


def unpin(token: Token[Pin]) -> None:
    """Let the caller be pinned to what it was before the session that gave `token`."""
    try:
        PIN.reset(token)
    except ValueError:  # left in another context than it was entered in
        PIN.set(UNPINNED)


class Session(Pinned):
    """Pins the caller to the version that is current at entry, until the end of the block.

    Tasks and threads that the block starts, and jobs that it hands to an executor, are pinned
    with it. Inside another session it joins that one. As a decorator it opens a session for
    each call of a function, coroutine function or generator.
    """

    def __init__(self, name: str = "") -> None:
        """Pin nobody yet; `name` is what `pending()` shows."""
        self.epoch = NEWEST
        self.name = name
        self._token: Token[Pin] | None = None
        self._outer: Pinned | None = None

    def __enter__(self) -> Self:
        """Pin the caller."""
        outer = PIN.get()
        if is_session(outer):
            self._outer, self.began_with = outer, outer.version
            return self
        SESSIONS.open(self, outer)
        self._token = PIN.set(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Pin the caller no longer; what it started may hold the version a little more."""
        if self._outer is not None:
            self._outer = None
            return
        token, self._token = self._token, None
        if token is None:
            return
        unpin(token)
        if isinstance(error, Exception):
            self.failed = True
        SESSIONS.release(self)

    async def __aenter__(self) -> Self:
        """Pin the task."""
        return self.__enter__()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Pin the task no longer."""
        self.__exit__(kind, error, trace)

    @contextmanager
    def resumed(self) -> Iterator[None]:
        """Pin the caller for a moment to what this session, which is still open, is pinned to."""
        token = PIN.set(self._outer or self)
        try:
            yield
        finally:
            PIN.reset(token)

    @property
    def is_over(self) -> bool:
        """True when it pins nobody: not entered yet, ended, or retired."""
        return self.epoch == NEWEST

    def __call__(self, job: Job) -> Job:
        """Give `job` with a session around each call."""
        return decorated(job, self.name)

    def __repr__(self) -> str:
        """Give one line: the version, and whether the session is over."""
        state = "over" if self.is_over else f"version {self.version}"
        return f"<Session {self.name or 'unnamed'}: {state}>"


def decorated(job: Job, name: str = "") -> Job:
    """Give a function that runs `job` in a session of its own, of the same kind as `job`."""
    import inspect  # noqa: PLC0415  10 ms that only a program with such jobs pays

    name = name or getattr(job, "__qualname__", "")
    made: Any
    if inspect.iscoroutinefunction(job):

        @functools.wraps(job)
        async def coroutine(*args: Any, **kwargs: Any) -> Any:
            with Session(name):
                return await job(*args, **kwargs)

        made = coroutine
    elif inspect.isgeneratorfunction(job):

        @functools.wraps(job)
        def generator(*args: Any, **kwargs: Any) -> Any:
            return (yield from _in_session(name, lambda: job(*args, **kwargs)))

        made = generator
    else:

        @functools.wraps(job)
        def function(*args: Any, **kwargs: Any) -> Any:
            with Session(name):
                return job(*args, **kwargs)

        made = function
    return made  # type: ignore[no-any-return]


def _in_session(name: str, make: Callable[[], Any]) -> Any:
    """Run a generator in a session; whoever consumes it is pinned only while it runs."""
    pinned = Session(name)
    SESSIONS.open(pinned, PIN.get())
    error: BaseException | None = None
    value: Any = None
    try:
        with pinned.resumed():
            inner = make()
        while True:
            with pinned.resumed():
                item = inner.send(value) if error is None else inner.throw(error)
            error = None
            try:
                value = yield item
            except GeneratorExit:
                with pinned.resumed():
                    inner.close()
                raise
            except BaseException as thrown:  # noqa: BLE001  it is the generator's to take
                error = thrown
    except StopIteration as stop:
        return stop.value
    finally:
        SESSIONS.release(pinned)


@overload
def session(job: Job) -> Job: ...
@overload
def session(job: str = "") -> Session: ...
def session(job: Any = "") -> Any:
    """Pin the caller to the current version, in a `with` block or as a decorator of a job.

    All that the block calls, and the tasks and threads that it starts, run one version of every
    function, method and name from start to end, whatever is patched meanwhile. The next
    session runs the newest. A text names the session for `pending()`.
    """
    return decorated(job) if callable(job) else Session(job)
