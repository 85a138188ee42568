"""How far a committed patch has come: who still runs old code, and what nobody has called yet."""

from __future__ import annotations

import time
import weakref
from collections.abc import Iterable, Sequence
from types import CodeType

from livepatch import interp
from livepatch.model import Pending
from livepatch.patching.commits import SESSIONS
from livepatch.runtime import aliasing, frames

STEP = 0.005  # seconds between two looks at first; doubled up to LONGEST
LONGEST = 0.1


class Progress:
    """Looks at the code objects of one patch; it keeps none of them alive."""

    def __init__(self, old: Iterable[CodeType], new: Iterable[CodeType]) -> None:
        """Note the replaced code, and the new code as it is before its first call."""
        self._old = [weakref.ref(code) for code in old]
        self._new = [(weakref.ref(code), interp.trace_of_runs(code)) for code in new]

    def pending(self) -> tuple[Pending, ...]:
        """Give frames, generators and sessions on old code, then new code never called.

        Whether code was called is known from 3.13 on; before, that part is left out.
        """
        return (*self._running(), *self._sessions(), *self._never_called())

    def _running(self) -> list[Pending]:
        codes = [code for ref in self._old if (code := ref()) is not None]
        if not codes:
            return []
        codes += aliasing.copies_of(codes)
        found = [("frame", active) for active in frames.executing(codes)]
        found += [("suspended", active) for active in frames.suspended(codes)]
        return [
            Pending(kind, a.code.co_qualname, a.code.co_filename, a.line, a.where)
            for kind, a in found
        ]

    @staticmethod
    def _sessions() -> list[Pending]:
        return [
            Pending(
                "session", item.name or f"session on version {item.version}", "", 0, item.thread
            )
            for item in SESSIONS.pending()
        ]

    def _never_called(self) -> list[Pending]:
        found = []
        for ref, trace in self._new:
            code = ref()
            if code is not None and trace is not None and interp.trace_of_runs(code) == trace:
                place = (code.co_qualname, code.co_filename, code.co_firstlineno)
                found.append(Pending("not-called", *place, ""))
        return found

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until nothing runs old code any more; tell whether that is so now."""
        end = None if timeout is None else time.monotonic() + timeout
        step = STEP
        while self._running() or self._sessions():
            if end is not None and time.monotonic() >= end:
                return False
            time.sleep(step if end is None else min(step, max(0.0, end - time.monotonic())))
            step = min(2 * step, LONGEST)
        return True


def progress_of(old: Sequence[CodeType], new: Sequence[CodeType]) -> Progress:
    """Give the `Progress` of a patch that replaced `old` and put `new` in place."""
    return Progress(old, {id(code): code for code in new}.values())
