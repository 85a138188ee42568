"""Who runs what: frames on the stacks of all threads, generators and coroutines that wait."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Collection, Iterator
from types import AsyncGeneratorType, CodeType, CoroutineType, FrameType, GeneratorType
from typing import NamedTuple

from livepatch.runtime import heap


class Active(NamedTuple):
    """One frame that is executing `code`, or is suspended in it; `where` names its thread."""

    code: CodeType
    line: int
    where: str


def caller(depth: int = 1) -> FrameType:
    """Give the frame that called the caller of this; `depth` counts the calls in between."""
    return sys._getframe(depth + 1)


def stacks() -> Iterator[tuple[int, FrameType]]:
    """Give every frame that is executing now, with the identifier of its thread."""
    tops = sys._current_frames()
    # One of these is the frame of this very generator. A name of its own for it, once it has
    # ended, would be a cycle that keeps it and all below it, with all that these hold.
    for thread in list(tops):
        frame: FrameType | None = tops.pop(thread)
        while frame is not None:
            yield thread, frame
            frame = frame.f_back


def thread_of(session: object) -> int:
    """Give the identifier of the thread that has `session` in a variable of this name, or 0."""
    return next((thread for thread, frame in stacks() if _has(frame, session)), 0)


def calls_in(session: object) -> int:
    """Give how many calls of this thread have `session` in a variable of this name."""
    count, frame = 0, sys._getframe().f_back
    while frame is not None:
        count += _has(frame, session)
        frame = frame.f_back
    return count


def _has(frame: FrameType, session: object) -> bool:
    named = "session" in frame.f_code.co_varnames
    return named and frame.f_locals.get("session") is session


def executing(codes: Collection[CodeType]) -> list[Active]:
    """Give the frames that execute one of `codes`."""
    ids = {id(code) for code in codes}
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    return [
        Active(frame.f_code, frame.f_lineno or 0, names.get(thread, f"thread {thread}"))
        for thread, frame in stacks()
        if id(frame.f_code) in ids
    ]


def is_any_executing(accept: Callable[[CodeType], bool]) -> bool:
    """Tell whether some thread is in the middle of code that `accept` takes."""
    return any(accept(frame.f_code) for _, frame in stacks())


def suspended(codes: Collection[CodeType]) -> list[Active]:
    """Give the generators and coroutines that are suspended in one of `codes`."""
    ids = {id(code) for code in codes}
    found = []
    for candidate in heap.referrers(*codes):
        active = _waiting(candidate)
        if active is not None and id(active.code) in ids:
            found.append(active)
    return found


def _waiting(candidate: object) -> Active | None:
    frame: FrameType | None
    match candidate:
        case GeneratorType(gi_code=code, gi_frame=frame, gi_running=False):
            what = "a suspended generator"
        case CoroutineType(cr_code=code, cr_frame=frame, cr_running=False):
            what = "a suspended coroutine"
        case AsyncGeneratorType(ag_code=code, ag_frame=frame, ag_running=False):
            what = "a suspended asynchronous generator"
        case _:
            return None
    if frame is None:
        return None
    return Active(code, frame.f_lineno or 0, what)


def running_count(code: CodeType) -> int:
    """Give the number of frames that execute `code`."""
    return sum(1 for _, frame in stacks() if frame.f_code is code)
