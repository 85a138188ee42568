"""A patch in one or two lines, for a prompt."""

from __future__ import annotations

import os

from livepatch.model import Patch
from livepatch.patching.redefine import REDEFINED
from livepatch.report import SYMBOLS, render_message

MOST = 4  # so many names are given


def brief(patch: Patch, *, color: bool, ascii: bool) -> str:  # noqa: A002  as in `report`
    """Give what a person at a prompt wants to know of `patch`; empty for nothing."""
    if patch.errors:
        error = patch.errors[0]
        text = f"held · {_shown(error.file)}:{error.line}: {error.message}"
        waiting = len(error.waiting)
        if waiting:
            text += f" ({waiting} more file{' waits' if waiting == 1 else 's wait'})"
        lines = [text]
        if error.line_text.strip():
            lines.append(error.line_text.strip())
    elif patch or patch.notes:
        lines = [f"patch {patch.number} · {_changes(patch)}"] if patch else []
        if patch.notes:
            lines.append("! " + _notes(patch))
    else:
        return ""
    return render_message("\n".join(lines), color=color, ascii=ascii)


def _changes(patch: Patch) -> str:
    if not patch.changes:
        return "only line numbers"
    if all(change.detail == REDEFINED for change in patch.changes):
        return f"redefined {', '.join(change.qualname for change in patch.changes)}"
    shown = [f"{SYMBOLS[change.kind]} {change.qualname}" for change in patch.changes[:MOST]]
    more = len(patch.changes) - len(shown)
    text = ", ".join(shown) + (f" and {more} more" if more else "")
    files = list(dict.fromkeys(change.file for change in patch.changes))
    where = _shown(files[0]) if len(files) == 1 else f"{len(files)} files"
    origin = "" if patch.kind.value == "files" else f"{patch.kind.value}: "
    return f"{origin}{text} ({where})"


def _notes(patch: Patch) -> str:
    note = patch.notes[0]
    more = len(patch.notes) - 1
    text = f"{note.qualname}: {note.message}" if note.qualname else note.message
    return text + (f" (and {more} more: session.history()[-1].notes)" if more else "")


def _shown(file: str) -> str:
    """Give the path relative to the working directory, where that is shorter."""
    if not os.path.isabs(file):  # noqa: PTH117  no pathlib at a prompt's start
        return file
    try:
        relative = os.path.relpath(file)
    except ValueError:  # another drive on Windows
        return file
    return min(file, relative, key=len)
