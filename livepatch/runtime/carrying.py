"""Takes the pin of a session along into threads and executors, which do not inherit it.

asyncio tasks and `to_thread` copy the context of their own accord; `Thread.start` and
`ThreadPoolExecutor.submit` do not (3.14 has an interpreter flag for the former). Both are
wrapped when the first session opens; for a caller without a session the wrapper costs one look.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any, Protocol

from livepatch.runtime.epochs import PIN, Pin


class Holdable(Protocol):
    """A session that can be kept open by work that it started."""

    epoch: int

    def share(self) -> bool:
        """Let another thread be in it; tell whether it goes on."""

    def hold(self) -> bool:
        """Keep it open; tell whether it still was."""

    def release(self) -> None:
        """Need it no longer."""


_installed: list[str] = []
_lock = threading.Lock()


def install(kind: type[Holdable]) -> None:
    """Have pins of `kind` carried along from now on; a second call changes nothing."""
    with _lock:
        if _installed:
            return
        _installed.append("done")
        _wrap_threads(kind)
        _wrap_executors(kind)


def _pinned(kind: type[Holdable]) -> Any:
    pin: object = PIN.get()
    return pin if isinstance(pin, kind) and pin.share() else None


def _wrap_threads(kind: type[Holdable]) -> None:
    start = threading.Thread.start

    @functools.wraps(start)
    def start_pinned(self: threading.Thread) -> None:
        pin = _pinned(kind)
        if pin is None or _is_worker(self):
            return start(self)
        run = self.run

        def run_pinned() -> None:
            self.__dict__.pop("run", None)
            PIN.set(pin)
            run()

        # An attribute of the thread itself: a subclass may override `run`.
        self.__dict__["run"] = run_pinned
        try:
            return start(self)
        except BaseException:
            self.__dict__.pop("run", None)
            raise

    threading.Thread.start = start_pinned  # type: ignore[method-assign]


def _is_worker(thread: threading.Thread) -> bool:
    """Tell whether a thread serves everybody who hands it work, and is pinned to nobody."""
    target = getattr(thread, "_target", None)
    return getattr(target, "__module__", None) == "concurrent.futures.thread"


def _wrap_executors(kind: type[Holdable]) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415  takes milliseconds

    submit: Any = ThreadPoolExecutor.submit

    @functools.wraps(submit)
    def submit_pinned(self: Any, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
        pin = _pinned(kind)
        if pin is None or not pin.hold():
            return submit(self, fn, *args, **kwargs)
        try:
            future = submit(self, _call_pinned, pin, fn, *args, **kwargs)
        except BaseException:
            pin.release()
            raise
        # Also where it is cancelled, and never runs.
        future.add_done_callback(lambda _: pin.release())
        return future

    ThreadPoolExecutor.submit = submit_pinned  # type: ignore[method-assign]


def _call_pinned(pin: Pin, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Any:
    token = PIN.set(pin)
    try:
        return fn(*args, **kwargs)
    finally:
        PIN.reset(token)
