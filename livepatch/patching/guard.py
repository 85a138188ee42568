"""Takes a patch back when the first exception passes out of code that it brought.

From 3.12 on the interpreter tells of each frame that an exception leaves (sys.monitoring); what
does not raise pays nothing. Before that, the patched functions carry a `try` of their own while
they are guarded; an asynchronous generator cannot, and is not guarded there.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

from livepatch import interp
from livepatch.model import MISSING, FilePlan, Note, Patch, PatchKind, Refusal, Write, WriteKind
from livepatch.patching.commits import SESSIONS
from livepatch.patching.patcher import Patcher
from livepatch.patching.transaction import Transaction
from livepatch.runtime import epochs, sharing

EXPECTED = (StopIteration, StopAsyncIteration)
"""Exceptions that are no failure: they are how an iteration ends."""


PATIENCE = 1.0
"""Seconds that the program waits for the undo where its exception passes out."""


class Guard:
    """Watches the code of each new patch for `seconds`."""

    def __init__(
        self,
        patcher: Patcher,
        seconds: float,
        *,
        concerns: Callable[[Patch], bool] | None = None,
    ) -> None:
        """Guard the patches that `patcher` makes from now on, those that `concerns` says yes to."""
        self._patcher = patcher
        self._concerns = concerns
        self._seconds = seconds
        self._transaction: Transaction | None = None
        self._number = 0
        self._codes: frozenset[int] = frozenset()
        self._kept: list[CodeType] = []
        self._timer: threading.Timer | None = None
        self._tool: int | None = None
        patcher.gates.append(self._note)
        self._remove = patcher.on_patch(self._begin)

    def stop(self) -> None:
        """Guard nothing any more."""
        self._remove()
        if self._note in self._patcher.gates:
            self._patcher.gates.remove(self._note)
        self._end()

    def _note(self, transaction: Transaction, plans: Sequence[FilePlan]) -> Refusal | None:
        """Remember what is about to be committed; it is never refused here."""
        del plans
        self._transaction = transaction
        return None

    def _begin(self, patch: Patch) -> None:
        """Guard what `patch` brought; a guard of an earlier patch ends."""
        transaction, self._transaction = self._transaction, None
        if transaction is None or not patch.number or patch.kind is PatchKind.UNDO:
            return
        if self._concerns is not None and not self._concerns(patch):
            return
        self._end()
        functions = list(functions_written(transaction.forward))
        plain = {id(code): code for code in map(epochs.plain_code, functions)}
        codes = [code for outer in plain.values() for code in all_codes(outer)]
        if not codes:
            return
        self._number, self._kept = patch.number, codes
        self._codes = frozenset(map(id, codes))
        self._timer = threading.Timer(self._seconds, self._end)
        self._timer.daemon = True
        self._timer.start()
        if interp.MONITORING:
            self._listen()
        else:
            SESSIONS.guard(functions, self._trip)

    def _end(self) -> None:
        timer, self._timer = self._timer, None
        if timer is not None:
            timer.cancel()
        self._codes, self._kept = frozenset(), []
        if interp.MONITORING:
            self._stop_listening()
        else:
            SESSIONS.unguard()

    def _listen(self) -> None:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        self._tool = next((tool for tool in (4, 3) if monitoring.get_tool(tool) is None), None)
        if self._tool is None:
            return
        monitoring.use_tool_id(self._tool, "livepatch guard")
        monitoring.register_callback(self._tool, monitoring.events.PY_UNWIND, self._unwound)
        monitoring.set_events(self._tool, monitoring.events.PY_UNWIND)

    def _stop_listening(self) -> None:
        tool, self._tool = self._tool, None
        if tool is not None:
            monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
            monitoring.set_events(tool, 0)
            monitoring.register_callback(tool, monitoring.events.PY_UNWIND, None)
            monitoring.free_tool_id(tool)

    def _unwound(self, code: CodeType, offset: int, error: BaseException) -> None:
        del offset
        if id(code) in self._codes:
            self._trip(error)

    def _trip(self, error: BaseException) -> None:
        """Undo the patch, once; exceptions that are no failure do not count."""
        if not isinstance(error, Exception) or isinstance(error, EXPECTED):
            return
        if SESSIONS.is_mine() or not self._codes:
            return  # a statement of the next patch raised: that one is rolled back anyway
        number, self._codes = self._number, frozenset()
        text = "".join(traceback.format_exception(error))
        frames = traceback.extract_tb(error.__traceback__)
        file, line = (frames[-1].filename, frames[-1].lineno or 0) if frames else ("", 0)
        message = f"patch {number} was undone: {type(error).__name__}: {error}\n{text}"
        note = Note("guard", frames[-1].name if frames else "", file, line, message)
        # Not in this thread, which may hold a lock that the commit has to wait for. In all other
        # cases the next call is the old code's.
        undoing = threading.Thread(
            target=self._undo, args=(number, note), name="livepatch-guard", daemon=True
        )
        undoing.start()
        undoing.join(PATIENCE)

    def _undo(self, number: int, note: Note) -> None:
        self._patcher.undo_through(number, note)
        self._end()


def functions_written(writes: Sequence[Write]) -> Iterator[FunctionType]:
    """Give the functions that `writes` change or bring."""
    seen: set[int] = set()
    for write in writes:
        found: list[Any] = []
        if write.kind is WriteKind.FUNCTION:
            found = [write.target]
        elif write.kind is WriteKind.CODE:
            found = list(sharing.functions_of(write))
        elif write.value is not MISSING:
            found = _functions_of(write.value)
        for function in found:
            if type(function) is FunctionType and id(function) not in seen:
                seen.add(id(function))
                yield function


def _functions_of(value: Any) -> list[Any]:
    """Give the functions that a new value brings: itself, what a descriptor or class holds."""
    match value:
        case property():
            return [value.fget, value.fset, value.fdel]
        case staticmethod() | classmethod():
            return [value.__func__]
        case type():
            return [found for item in vars(value).values() for found in _functions_of(item)]
    return [value]


def all_codes(code: CodeType) -> Iterator[CodeType]:
    """Give `code` and the code nested in it."""
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from all_codes(const)


def guard(patcher: Patcher, seconds: float) -> Callable[[], None]:
    """Guard the patches of `patcher`, each for `seconds`; gives what ends that."""
    return Guard(patcher, seconds).stop
