"""After a commit livepatch looks: what is true of the program but not as on disk."""

from __future__ import annotations

from livepatch.model import Note
from livepatch.patching.transaction import Transaction
from livepatch.runtime import frames


def notes_after_commit(transaction: Transaction) -> list[Note]:
    """Give a note for each frame that still runs replaced code."""
    notes = []
    for active in frames.executing(transaction.replaced):
        message = f"a frame still runs the old code ({active.where}); the next call is new"
        code = active.code
        notes.append(Note("old-frame", code.co_qualname, code.co_filename, active.line, message))
    return notes
