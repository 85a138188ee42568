"""After a commit livepatch looks: what is true of the program but not as on disk."""

from __future__ import annotations

from collections.abc import Iterator
from types import CodeType, FunctionType

from livepatch.model import FunctionState, Note, WriteKind
from livepatch.patching.transaction import Transaction
from livepatch.runtime import epochs, frames, loops, sharing


def notes_after_commit(transaction: Transaction) -> list[Note]:
    """Give a note for each frame that still runs replaced code."""
    notes = unverified(transaction)
    for active in frames.executing(transaction.replaced):
        code = active.code
        if loops.is_body(code):
            continue  # it ends with this turn
        message = f"a frame still runs the old code ({active.where}); {_what_next(code)}"
        notes.append(
            Note("old-frame", code.co_qualname, code.co_filename, active.line, message)
        )
    return notes


def new_codes(transaction: Transaction) -> list[CodeType]:
    """Give the code objects that the transaction put in place."""
    found = []
    for write in transaction.forward:
        if isinstance(write.value, FunctionState):
            found.append(write.value.code)
        elif write.kind is WriteKind.CODE and isinstance(write.value, CodeType):
            found.append(write.value)
    return found


def unverified(transaction: Transaction) -> list[Note]:
    """Compare each function that was written to with what it has now; give what differs."""
    last = {
        id(write.target): write
        for write in transaction.forward
        if write.kind is WriteKind.FUNCTION and isinstance(write.value, FunctionState)
    }
    notes = [
        _unverified_note(write.target)
        for write in last.values()
        if isinstance(write.target, FunctionType)
        and isinstance(write.value, FunctionState)
        and epochs.plain_code(write.target) is not write.value.code
    ]
    return notes + [_unverified_note(function) for function in _strays(transaction)]


def _strays(transaction: Transaction) -> Iterator[FunctionType]:
    """Give the functions that were written to together and have no code of the transaction."""
    mine: set[int] = set()
    for write in transaction.forward:
        if write.kind is not WriteKind.CODE:
            continue
        others = [f for f in sharing.functions_of(write) if f.__code__ is not write.value]
        if others and not mine:
            mine = set(map(id, new_codes(transaction)))
        yield from (f for f in others if id(epochs.plain_code(f)) not in mine)


def _unverified_note(function: FunctionType) -> Note:
    code = function.__code__
    message = "the function does not have the code of the file; something else wrote to it"
    place = (code.co_qualname, code.co_filename, code.co_firstlineno)
    return Note("unverified", *place, message)


def _what_next(code: CodeType) -> str:
    if loops.has_bodies(code):
        return "its loops go on with their new bodies"
    if loops.has_loop(code):
        return (
            "the next call is new; a loop stays old until it ends, unless its function is "
            "marked with @livepatch.live(loops=True)"
        )
    return "the next call is new"
