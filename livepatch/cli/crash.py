"""The program's uncaught exception, shown as the interpreter would show it.

The exception is raised on through livepatch's own frames, so that the interpreter itself
decides about exit status, `sys.last_exc` and the death by SIGINT. Only what `sys.excepthook`
is handed loses those frames: the traceback begins in the program.
"""

from __future__ import annotations

import os.path
import sys
from collections.abc import Callable
from types import TracebackType

_OWN_FOLDER = os.path.dirname(__file__)  # noqa: PTH120  pathlib would cost 4 ms at start


def hand_over(error: BaseException, ended: Callable[[], None] | None = None) -> None:
    """Make the interpreter show `error` without a frame of livepatch once it gets that far.

    The hook that the program may have set is read now: the program has ended. `ended` is
    called when the exception has been shown.
    """
    traceback = _programs_own(error.__traceback__)
    hook = getattr(sys, "excepthook", None)

    def show(
        kind: type[BaseException], value: BaseException, whole: TracebackType | None
    ) -> None:
        _put_back(hook)
        if value is error:
            value.__traceback__ = sys.last_traceback = whole = traceback
        _call(hook, kind, value, whole)
        if ended is not None:
            ended()

    sys.excepthook = show


def show_now(error: BaseException) -> None:
    """Show `error` at once, and keep it for the prompt that follows (`sys.last_exc`)."""
    traceback = _programs_own(error.__traceback__)
    error.__traceback__ = traceback
    sys.last_type, sys.last_value, sys.last_traceback = type(error), error, traceback
    vars(sys)["last_exc"] = error  # read by pdb.pm() from 3.12 on
    _call(getattr(sys, "excepthook", None), type(error), error, traceback)


def restore_interrupt() -> None:
    """Make this process end as one that SIGINT has ended, whatever threads have run since.

    The interpreter notes an interrupt that nobody caught, and until 3.13 forgets it again as
    soon as any thread runs a string of code, which imports in the watcher's thread do. A
    string that is interrupted itself brings the note back.
    """
    try:
        exec("raise KeyboardInterrupt")  # noqa: S102  a constant
    except KeyboardInterrupt:
        return


def _programs_own(traceback: TracebackType | None) -> TracebackType | None:
    """Drop the leading frames of livepatch and of the import machinery that it has called.

    None is left where no line of the program was running: a SyntaxError.
    """
    while traceback is not None and _is_machinery(traceback.tb_frame.f_code.co_filename):
        traceback = traceback.tb_next
    return traceback


def _is_machinery(file: str) -> bool:
    return file.startswith("<frozen importlib") or os.path.dirname(file) == _OWN_FOLDER  # noqa: PTH120


def _put_back(hook: object) -> None:
    if hook is None:
        del sys.excepthook
    else:
        vars(sys)["excepthook"] = hook


def _call(
    hook: object,
    kind: type[BaseException],
    value: BaseException,
    traceback: TracebackType | None,
) -> None:
    """Call the program's hook; where it is missing or fails, say so as the interpreter does."""
    if hook is None:
        sys.stderr.write("sys.excepthook is missing\n")
        sys.__excepthook__(kind, value, traceback)
        return
    failure = _failure_of(hook, kind, value, traceback)
    if failure is None:
        return
    if isinstance(failure, SystemExit):
        raise failure
    sys.stderr.write("Error in sys.excepthook:\n")
    failure.__traceback__ = _programs_own(failure.__traceback__)
    sys.__excepthook__(type(failure), failure, failure.__traceback__)
    sys.stderr.write("\nOriginal exception was:\n")
    sys.__excepthook__(kind, value, traceback)


def _failure_of(
    hook: object,
    kind: type[BaseException],
    value: BaseException,
    traceback: TracebackType | None,
) -> BaseException | None:
    if not callable(hook):
        return TypeError(f"'{type(hook).__name__}' object is not callable")
    try:
        hook(kind, value, traceback)
    except BaseException as failure:  # noqa: BLE001  returned to the caller, who shows it
        return failure
    return None
