"""After a commit livepatch looks: what is true of the program but not as on disk."""

from __future__ import annotations

from types import CodeType

from livepatch.model import Note
from livepatch.patching.transaction import Transaction
from livepatch.runtime import frames, loops


def notes_after_commit(transaction: Transaction) -> list[Note]:
    """Give a note for each frame that still runs replaced code."""
    notes = []
    for active in frames.executing(transaction.replaced):
        code = active.code
        if loops.is_body(code):
            continue  # it ends with this turn
        message = f"a frame still runs the old code ({active.where}); {_what_next(code)}"
        notes.append(Note("old-frame", code.co_qualname, code.co_filename, active.line, message))
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
