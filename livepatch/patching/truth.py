"""After a commit livepatch looks: what is true of the program but not as on disk."""

from __future__ import annotations

from types import CodeType, FunctionType

from livepatch.model import FunctionState, Note, WriteKind
from livepatch.patching.transaction import Transaction
from livepatch.runtime import epochs, frames, loops


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
    return [
        write.value.code
        for write in transaction.forward
        if write.kind is WriteKind.FUNCTION and isinstance(write.value, FunctionState)
    ]


def unverified(transaction: Transaction) -> list[Note]:
    """Compare each function that was written to with what it has now; give what differs."""
    last = {
        id(write.target): write
        for write in transaction.forward
        if write.kind is WriteKind.FUNCTION and isinstance(write.value, FunctionState)
    }
    notes = []
    for write in last.values():
        function, state = write.target, write.value
        if not isinstance(function, FunctionType) or not isinstance(state, FunctionState):
            continue
        if epochs.plain_code(function) is not state.code:
            code = function.__code__
            message = (
                "the function does not have the code of the file; something else wrote to it"
            )
            notes.append(
                Note(
                    "unverified",
                    code.co_qualname,
                    code.co_filename,
                    code.co_firstlineno,
                    message,
                )
            )
    return notes


def _what_next(code: CodeType) -> str:
    if loops.has_bodies(code):
        return "its loops go on with their new bodies"
    if loops.has_loop(code):
        return (
            "the next call is new; a loop stays old until it ends, unless its function is "
            "marked with @livepatch.live(loops=True)"
        )
    return "the next call is new"
