"""One run of a callback: its arguments, its time limit, and all that comes of it as a value."""

from __future__ import annotations

import asyncio
import contextvars
import ctypes
import datetime as dt
import inspect
import threading
import time
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any, Final

from livepatch.errors import TimeLimitError
from livepatch.hosting.capture import captured_stdout
from livepatch.hosting.handlers import Run, RunResult, current_run

_COURTESY: Final = 0.5
"""Seconds for which a script that was stopped may take to end."""


class _Stop(BaseException):
    """Raised inside a script whose time is over; no `except Exception` of its own stops it."""


def run_callback(  # noqa: PLR0913
    find: Callable[[], Callable[..., Any]],
    arguments: tuple[Any, ...],
    *,
    script: str,
    version: int,
    callback: str,
    file: str,
    timeout: float | None,
) -> RunResult:
    """Call what `find` gives, with as many `arguments` as it takes; give what came of it.

    `find` makes the handler, so that what its constructor raises belongs to the run. Only
    KeyboardInterrupt passes through.
    """
    run = Run(script)
    error: BaseException | None = None
    started, clock = dt.datetime.now(dt.UTC), time.perf_counter()

    def work() -> None:
        function = find()
        _collect(function(*_fitting(function, arguments)), run)

    token = current_run.set(run)
    try:
        with captured_stdout() as out:
            try:
                if timeout is None:
                    work()
                else:
                    call_within(timeout, work)
            except KeyboardInterrupt:
                raise
            except BaseException as raised:  # noqa: BLE001  whatever a script raises is its result
                error = raised
    finally:
        current_run.reset(token)
    return RunResult(
        tuple(run.results), tuple(run.sub_tasks), error,
        _text(error, file) if error is not None else "", out.getvalue(), started,
        time.perf_counter() - clock, script, version, callback,
    )  # fmt: skip


def _fitting(function: Callable[..., Any], arguments: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give as many of `arguments` as `function` takes by position."""
    kinds = inspect.Parameter
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return arguments
    if any(parameter.kind is kinds.VAR_POSITIONAL for parameter in parameters):
        return arguments
    by_position = {kinds.POSITIONAL_ONLY, kinds.POSITIONAL_OR_KEYWORD}
    return arguments[: sum(parameter.kind in by_position for parameter in parameters)]


def _collect(value: Any, run: Run) -> None:
    """Put what a callback gave into the results; generators and coroutines are run here."""
    if inspect.iscoroutine(value):
        value = asyncio.run(value)
    if inspect.isgenerator(value):
        run.results.extend(value)
    elif inspect.isasyncgen(value):

        async def exhaust() -> None:
            async for item in value:
                run.results.append(item)

        asyncio.run(exhaust())
    elif value is not None:
        run.results.append(value)


def _text(error: BaseException, file: str) -> str:
    """Give the traceback from the script's first frame on."""
    trace: TracebackType | None = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename != file:
        trace = trace.tb_next
    shown = trace if trace is not None else error.__traceback__
    if isinstance(error, TimeLimitError):
        return "".join(traceback.format_exception_only(error))
    return "".join(traceback.format_exception(type(error), error, shown))


def call_within(seconds: float, function: Callable[[], object]) -> None:
    """Call `function` in a thread of its own; after `seconds`, stop it and raise TimeLimitError.

    The interpreter stops Python code between two of its instructions. A call into C, such as a
    `sleep` or a query, is not left before it returns; its thread ends then.
    """
    raised: list[BaseException] = []
    ended = threading.Event()

    def body() -> None:
        try:
            try:
                function()
            except BaseException as error:  # noqa: BLE001  it is raised in the caller's thread
                raised.append(error)
            ended.set()
        except _Stop:
            ended.set()  # it came just after the end

    context = contextvars.copy_context()
    thread = threading.Thread(
        target=context.run, args=(body,), name="livepatch-script", daemon=True
    )
    thread.start()
    if not ended.wait(seconds):
        _interrupt(thread)
        has_ended = ended.wait(_COURTESY)
        stopped = next((error for error in raised if isinstance(error, _Stop)), None)
        where = _where(stopped) if stopped is not None else ""
        state = f"stopped{where}" if has_ended else "it has not stopped yet"
        message = f"the time limit of {seconds:g} s is over; {state}"
        raise TimeLimitError(message)
    if raised:
        raise raised[0]


def _interrupt(thread: threading.Thread) -> None:
    if thread.ident is not None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(
            ctypes.c_ulong(thread.ident), ctypes.py_object(_Stop)
        )


def _where(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f" in {frames[-1].filename}:{frames[-1].lineno}" if frames else ""
