"""Say in words what a patch did: as lines for a person, as a log line, as JSON.

Pure: a `Patch` goes in, text comes out; nothing is written or read. A report never claims
more than the patch holds, and everything in it that came from the program (paths, names,
messages) is escaped, so that no line break or terminal sequence gets through.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from livepatch.model import Change, ChangeKind, Note, Patch, PatchKind, Refusal

MOST_CHANGES = 20
"""So many changes are listed one by one unless the caller asks for more."""

MOST_NOTES = 10
MOST_TRACEBACK_LINES = 12
WIDEST_COLUMN = 44
LONGEST_NAME = 72

T = TypeVar("T")

Line = list[tuple[str, str]]
"""One line of a report: pieces of text, each with the name of its style."""


SYMBOLS = {
    ChangeKind.UPDATED: "~",
    ChangeKind.ADDED: "+",
    ChangeKind.REMOVED: "-",
    ChangeKind.RENAMED: "→",
    ChangeKind.EXECUTED: "↻",
}
IN_ASCII = {"·": "|", "…": "...", "→": ">", "↻": "*"}
"""What stands for the characters beyond ASCII that a report itself uses."""

STYLES = {
    "plain": "",
    "name": "bold cyan",
    "faint": "dim",
    "updated": "yellow",
    "added": "green",
    "removed": "red",
    "renamed": "magenta",
    "executed": "blue",
    "note": "bold yellow",
    "held": "bold red",
    "caret": "bold red",
}


def render(  # noqa: PLR0913  each one is a choice of the caller's stream
    patch: Patch,
    *,
    root: str,
    color: bool,
    verbose: int = 0,
    current: int = 0,
    ascii: bool = False,  # noqa: A002  named after what it does, as in pprint and json
) -> str:
    """Give the report of `patch` as lines without a final newline.

    Paths inside `root` are shown relative to it. `current` is the number of the patch that
    the program goes on with while this one is held. With `ascii` nothing beyond ASCII is in
    the text; with `color` it carries terminal colours. `verbose` lists every change and adds
    the slug of every note.
    """
    if patch.errors:
        lines = _held_lines(patch, root, verbose, current)
    else:
        lines = _patch_lines(patch, root, verbose)
    return _finish(lines, color=color, ascii_only=ascii)


def render_message(text: str, *, color: bool, ascii: bool = False) -> str:  # noqa: A002
    """Give one message of livepatch that belongs to no patch, in the look of a report."""
    head, *rest = text.splitlines() or [""]
    lines: list[Line] = [[("livepatch", "name"), ("  " + _clean(head), "plain")]]
    lines += [[("  " + _clean(line), "plain")] for line in rest]
    return _finish(lines, color=color, ascii_only=ascii)


def needs_ascii(encoding: str | None) -> bool:
    """Say whether a stream of this `encoding` cannot take the symbols of a report."""
    try:
        "".join(IN_ASCII).encode(encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False


def log_line(patch: Patch, *, root: str, time: str = "") -> str:
    """Give `patch` as one line of a log file, headed by the text `time`; ASCII throughout."""
    if patch.errors:
        reasons = [_at(e.file, e.line, root, ": ") + _clean(e.message) for e in patch.errors]
        text = "held: " + "; ".join(reasons)
    elif not patch:
        text = "nothing changed"
    else:
        done = [
            f"{SYMBOLS[c.kind]} {_at(c.file, c.line, root, ' ')}{_short(c.qualname)}"
            + (f" ({_clean(c.detail)})" if c.detail else "")
            for c in patch.changes
        ]
        notes = [f"! {_note_text(note)} [{note.slug}]" for note in patch.notes]
        text = f"{_title(patch)} in {_duration(patch.seconds)}: " + "; ".join(
            [*(done or ["lines only"]), *notes]
        )
    return _to_ascii(f"{time} {text}".strip())


def to_json(patch: Patch, *, time: str = "") -> str:
    """Give `patch` as one JSON object on one line; docs/messages.md lists its fields.

    Field names are those of the value types and are never renamed or removed; later versions
    may add fields. Paths are absolute. `time` is written where it is given.
    """
    import json  # noqa: PLC0415  only who asks for JSON pays for the import
    from dataclasses import asdict  # noqa: PLC0415

    event = "held" if patch.errors else "patch" if patch else "unchanged"
    fields: dict[str, object] = {"time": time} if time else {}
    fields |= {
        "event": event,
        "number": patch.number,
        "kind": patch.kind.value,
        "ok": patch.ok,
        "seconds": round(patch.seconds, 6),
        "files": list(patch.files),
        "changes": [asdict(change) | {"kind": change.kind.value} for change in patch.changes],
        "errors": [asdict(error) for error in patch.errors],
        "notes": [asdict(note) for note in patch.notes],
    }
    return json.dumps(fields)


def _patch_lines(patch: Patch, root: str, verbose: int) -> list[Line]:
    """Give the header, the changes and the notes of a patch that was not held."""
    if not patch:
        head: Line = [("livepatch", "name"), ("  nothing changed", "faint")]
        return [head, *_note_lines(patch.notes, verbose)]
    facts = [_title(patch)]
    if patch.files:
        facts.append(_count(len(patch.files), "file"))
    facts.append(_count(len(patch.changes), "change") if patch.changes else "lines only")
    facts.append(_duration(patch.seconds))
    head = [("livepatch", "name"), ("  " + " · ".join(facts), "plain")]
    return [
        head,
        *_change_lines(patch.changes, root, verbose),
        *_note_lines(patch.notes, verbose),
    ]


def _change_lines(changes: Sequence[Change], root: str, verbose: int) -> Iterable[Line]:
    """Give one line per change, with the places and the names in columns."""
    shown = changes if verbose else _head(changes, MOST_CHANGES)
    places = [_at(change.file, change.line, root, "") for change in shown]
    names = [_short(change.qualname) for change in shown]
    wide, broad = _column(places), _column(names)
    for change, place, name in zip(shown, places, names, strict=True):
        line: Line = [
            (f"  {SYMBOLS[change.kind]} ", change.kind.value),
            (_pad(place, wide) + "   ", "faint"),
            (_pad(name, broad) if change.detail else name, "plain"),
        ]
        if change.detail:
            line.append(("   " + _clean(change.detail), "faint"))
        yield line
    if hidden := len(changes) - len(shown):
        yield [(f"  … and {hidden} more", "faint")]


def _note_lines(notes: Sequence[Note], verbose: int) -> Iterable[Line]:
    """Give one line per note, the slug only for a verbose reader."""
    shown = notes if verbose else _head(notes, MOST_NOTES)
    for note in shown:
        line: Line = [("  ! ", "note"), (_note_text(note), "plain")]
        if verbose:
            line.append((f"  [{_clean(note.slug)}]", "faint"))
        yield line
    if hidden := len(notes) - len(shown):
        yield [(f"  … and {hidden} more notes", "faint")]


def _held_lines(patch: Patch, root: str, verbose: int, current: int) -> list[Line]:
    """Give the reasons why nothing was applied, what waits, and what goes on running."""
    lines: list[Line] = []
    for error in patch.errors:
        place = _at(error.file, error.line, root, ": ")
        text = (place or _short(error.qualname) + ": ").lstrip(": ") + _clean(error.message)
        if lines:
            lines.append([("  also ", "held"), (text, "plain")])
        else:
            head: Line = [("livepatch", "name"), ("  held", "held")]
            lines.append([*head, (f" · {text}", "plain")])
        lines += _evidence(error, verbose)
    waiting = sorted({_shown(file, root) for error in patch.errors for file in error.waiting})
    goes_on = f"goes on with patch {current}" if current else "goes on as it was"
    parts = ["nothing was applied", f"the program {goes_on}"]
    if waiting:
        listed = waiting if verbose else _head(waiting, 3)
        names = listed + ([f"{len(waiting) - len(listed)} more"] if waiting != listed else [])
        verb = "waits" if len(waiting) == 1 else "wait"
        them = "it" if len(patch.errors) == 1 else "them"
        parts.insert(1, f"{_enumerate(names)} {verb} for {them}")
    lines.append([("  " + "; ".join(parts), "faint")])
    return lines


def _evidence(error: Refusal, verbose: int) -> Iterable[Line]:
    """Give the traceback of the program's own exception, or the line with its caret."""
    if error.traceback:
        text = error.traceback.rstrip().splitlines()
        shown = text if verbose else text[-MOST_TRACEBACK_LINES:]
        if len(shown) < len(text):
            yield [("      …", "faint")]
        for line in shown:
            yield [("      " + _clean(line.expandtabs(4)), "plain")]
        return
    code = error.line_text.strip()
    if not code:
        return
    yield [("      " + _clean(code), "plain")]
    before = error.line_text[: error.column - 1].lstrip()
    if error.column:
        # The caret stands under what is seen: escapes and wide characters count in full.
        yield [(" " * (6 + _width(_clean(before))) + "^", "caret")]


def _finish(lines: Iterable[Line], *, color: bool, ascii_only: bool) -> str:
    """Join the pieces, painted where colour is wanted."""
    paint = _painter() if color else lambda text, _style: text
    text = "\n".join("".join(paint(*piece) for piece in line).rstrip() for line in lines)
    return _to_ascii(text) if ascii_only else text


def _painter() -> Callable[[str, str], str]:
    """Give a function that puts terminal colours around a piece of text.

    Styles are rendered one by one: rich's console would wrap lines at the width that it
    takes the terminal for, and break paths in two.
    """
    from rich.color import ColorSystem  # noqa: PLC0415  20 ms, due at the first report only
    from rich.style import Style  # noqa: PLC0415

    styles = {name: Style.parse(text) for name, text in STYLES.items()}

    def paint(text: str, style: str) -> str:
        return styles[style].render(text, color_system=ColorSystem.STANDARD)

    return paint


def _title(patch: Patch) -> str:
    """Give `patch 3`, and where it came from if that was not a save."""
    origin = "" if patch.kind is PatchKind.FILES else f" ({patch.kind.value})"
    return f"patch {patch.number}{origin}"


def _note_text(note: Note) -> str:
    """Give the qualified name and the message of `note`."""
    name = _short(note.qualname)
    return f"{name}: {_clean(note.message)}" if name else _clean(note.message)


def _at(file: str, line: int, root: str, end: str) -> str:
    """Give `file:line` and `end`, or nothing where no file is known."""
    if not file:
        return ""
    return _shown(file, root) + (f":{line}" if line else "") + end


def _shown(file: str, root: str) -> str:
    """Give `file` relative to `root` where it lies inside, else as it is."""
    if not os.path.isabs(file):  # noqa: PTH117  pure, and pathlib is not needed at start
        return _clean(file)
    try:
        relative = os.path.relpath(file, root)
    except ValueError:  # another drive on Windows
        return _clean(file)
    outside = relative == os.pardir or relative.startswith(os.pardir + os.sep)
    return _clean(file if outside else relative)


def _duration(seconds: float) -> str:
    """Give a time as a person says it: `0.4 ms`, `140 ms`, `2.1 s`."""
    milliseconds = seconds * 1000
    if milliseconds < 99.95:  # noqa: PLR2004  what rounds to 100.0 is shown without a decimal
        return f"{milliseconds:.1f} ms"
    return f"{milliseconds:.0f} ms" if milliseconds < 999.5 else f"{seconds:.1f} s"  # noqa: PLR2004


def _head(items: Sequence[T], most: int) -> list[T]:
    """Give the first `most` items, or all where just one more would be hidden."""
    return list(items[:most]) if len(items) > most + 1 else list(items)


def _count(number: int, noun: str) -> str:
    """Give `1 file`, `2 files`."""
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _enumerate(names: Sequence[str]) -> str:
    """Give `a`, `a and b`, `a, b and c`."""
    *front, last = names
    return f"{', '.join(front)} and {last}" if front else last


def _short(name: str) -> str:
    """Give `name` cleaned, cut where it is a whole statement."""
    name = _clean(name)
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1].rstrip() + "…"


def _clean(text: str) -> str:
    """Give `text` with every character that could break a line or drive a terminal escaped."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def _to_ascii(text: str) -> str:
    """Give `text` with the symbols of a report in ASCII, and all else beyond it escaped."""
    for symbol, plain in IN_ASCII.items():
        text = text.replace(symbol, plain)
    return text.encode("ascii", "backslashreplace").decode()


def _width(text: str) -> int:
    """Give the number of terminal columns that `text` takes."""
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


def _column(texts: Iterable[str]) -> int:
    """Give the width of a column; a text that is wider than any column sticks out alone."""
    return max((width for width in map(_width, texts) if width <= WIDEST_COLUMN), default=0)


def _pad(text: str, width: int) -> str:
    """Give `text` filled with blanks up to `width` columns."""
    return text + " " * (width - _width(text))
