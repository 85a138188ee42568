"""Two texts of a file to the definitions of the region that differs.

Only the top-level statements that the difference touches are parsed. That is sound because
the head and the tail are the same text: a tokenizer is in the same state at the end of an equal
head, and a region that parses as a whole program ends where a statement may start. The bounds
are offsets of top-level statements of the old text (`anchors`), so the tail begins with a
statement in both. Where the region does not parse, it grows, at last to the whole file.
"""

from __future__ import annotations
import __future__

import ast
import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from typing import Final

from livepatch.errors import SourceError
from livepatch.model import Definition
from livepatch.source.bounds import Proven, nearer
from livepatch.source.outline import Lines, first_line, outline
from livepatch.source.recent import Recent
from livepatch.source.text import from_syntax_error

CONTINUATION = len("finally:")  # the longest keyword that continues a compound statement
MANY_LINES = 1000  # from here on empty lines take the parser longer than a small statement does
KEPT = 16_000  # characters; their trees take some 100 times of that
FUTURE = re.compile(
    r"^from[ \t]+__future__[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]*)", re.MULTILINE
)


@dataclass(frozen=True, slots=True)
class Text:
    """A text with the offsets of its top-level statements, where these are known.

    `anchors` are ascending offsets of lines on which a top-level statement (or its first
    decorator) starts; every one is right, but some may be missing.
    """

    text: str
    anchors: tuple[int, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs between two texts of a file.

    `old` and `new` are the definitions of the touched region; every line after `cut` (a line
    of the old text) moved by `delta`. `whole` says that the region is the whole file.
    """

    text: Text
    old: tuple[Definition, ...]
    new: tuple[Definition, ...]
    cut: int
    delta: int
    whole: bool


@dataclass(frozen=True, slots=True)
class Outlined:
    """The definitions of a region, and the offsets in it of its statements."""

    definitions: tuple[Definition, ...]
    anchors: tuple[int, ...]


RECENT: Final[Recent[tuple[str, int, str], Outlined]] = Recent(KEPT)
"""The regions of the last readings, by file, lines above and text: often the next one's old text."""


def compare(base: Text, new: str, file: str, proven: Proven = dict) -> Difference:
    """Give the definitions that differ; raise `SourceError` where `new` is not Python.

    `proven` gives definitions of the old text that need no parser to be known.
    """
    old = base.text
    head = _common_head(old, new)
    tail = _common_tail(old, new, head)
    anchors = nearer(base.anchors, old, head, len(old) - tail, proven)
    anchors = anchors or _anchors_of(old, parse(old, file, 0))
    low = bisect_right(anchors, head) - 1
    if low >= 0 and head <= anchors[low] + CONTINUATION:
        low -= 1  # the statement before may go on in the changed text
    high = bisect_left(anchors, len(old) - tail + 1)
    if "__future__" not in old[_at(anchors, low, 0) : _at(anchors, high, len(old))]:
        last = len(anchors)
        for reach in dict.fromkeys(min(each, last) for each in (high, high + 1, high + 4)):
            if low < 0 and reach == last:
                break  # that is all of it
            found = _region(old, new, anchors, low, reach, file)
            if found is not None:
                return found
    return _whole(old, new, anchors, file)


def compare_whole(base: Text, new: str, file: str) -> Difference:
    """Give the definitions of both texts, all of them."""
    return _whole(base.text, new, base.anchors, file)


def _at(anchors: tuple[int, ...], index: int, default: int) -> int:
    return anchors[index] if 0 <= index < len(anchors) else default


def _region(  # noqa: PLR0913, PLR0917
    old: str, new: str, anchors: tuple[int, ...], low: int, high: int, file: str
) -> Difference | None:
    start, end = _at(anchors, low, 0), _at(anchors, high, len(old))
    shift = len(new) - len(old)
    if "__future__" in new[start : end + shift]:
        return None
    line = old.count("\n", 0, start)
    old_part, new_part = old[start:end], new[start : end + shift]
    try:
        after = _outlined(new_part, file, line)
        before = RECENT.take((file, line, old_part)) or _outlined(old_part, file, line)
    except SourceError:
        return None
    RECENT.keep((file, line, new_part), after, len(new_part))
    inside = tuple(start + offset for offset in after.anchors)
    moved = tuple(offset + shift for offset in anchors[high:])
    return Difference(
        Text(new, (*anchors[: max(low, 0)], *inside, *moved)),
        before.definitions,
        after.definitions,
        line + old_part.count("\n"),
        new_part.count("\n") - old_part.count("\n"),
        whole=False,
    )


def _outlined(part: str, file: str, line: int) -> Outlined:
    """Give the definitions of a region, which starts `line` lines down in `file`."""
    tree = parse(part, file, line)
    return Outlined(outline(tree.body, Lines(part, line)), _anchors_of(part, tree, line))


def _whole(old: str, new: str, anchors: tuple[int, ...], file: str) -> Difference:
    new_tree = parse(new, file, 0)
    old_tree = parse(old, file, 0)
    last = old.count("\n") + 1
    del anchors
    return Difference(
        Text(new, _anchors_of(new, new_tree)),
        outline(old_tree.body, Lines(old, 0)),
        outline(new_tree.body, Lines(new, 0)),
        last,
        0,
        whole=True,
    )


def parse(text: str, file: str, offset: int) -> ast.Module:
    """Parse `text`, which starts `offset` lines down in `file`; lines are the file's."""
    # Empty lines take the parser less than it takes to give each node another line.
    above = offset if 0 < offset <= MANY_LINES else 0
    try:
        tree = ast.parse("\n" * above + text, file)
    except SyntaxError as error:
        raise from_syntax_error(error, file, offset - above) from error
    except (ValueError, RecursionError, MemoryError) as error:
        message = f"{type(error).__name__}: {error}"
        raise SourceError(message, file=file, line=offset + 1) from error
    if offset != above:
        ast.increment_lineno(tree, offset)
    return tree


def outline_of(text: str, file: str) -> tuple[Definition, ...]:
    """Give the definitions of a whole text."""
    return outline(parse(text, file, 0).body, Lines(text, 0))


def _anchors_of(text: str, tree: ast.Module, offset: int = 0) -> tuple[int, ...]:
    starts = [0]
    position = text.find("\n")
    while position >= 0:
        starts.append(position + 1)
        position = text.find("\n", position + 1)
    found = (starts[first_line(node) - 1 - offset] for node in tree.body)
    # two statements on one line, and a first statement after a form feed, make no anchor
    return tuple(dict.fromkeys(at for at in found if text[at : at + 1] not in {"\f", ""}))


def _common_head(a: str, b: str) -> int:
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a[low:middle] == b[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_tail(a: str, b: str, head: int) -> int:
    low, high = 0, min(len(a), len(b)) - head
    while low < high:
        middle = (low + high + 1) // 2
        if a[len(a) - middle : len(a) - low] == b[len(b) - middle : len(b) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def future_flags(text: str, file: str) -> int:
    """Give the compiler flags that the `from __future__` imports of `text` stand for."""
    if "__future__" not in text:
        return 0
    flags = 0
    for found in FUTURE.finditer(text):
        try:
            body = parse(text[: found.end()], file, 0).body
        except SourceError:
            continue  # the words stand inside a string
        last = body[-1] if body else None
        if isinstance(last, ast.ImportFrom) and last.module == "__future__":
            for alias in last.names:
                flags |= getattr(__future__, alias.name).compiler_flag
    return flags
