"""Where statements of a text surely start, without parsing it: told by the running code.

A function that came from the text knows its first line. Where that line is a `def` of its name,
the text has a statement there and no string: the interpreter has compiled it.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping

Proven = Callable[[], Mapping[int, str]]
"""Gives the names of top-level functions and classes, by the line they start on."""

FAR = 4000  # characters: up to here looking for a nearer bound costs more than parsing
MOST = 8  # bounds that are looked for on each side
DEFINITION = re.compile(r"(?:async[ \t]+def|def|class)[ \t]+(\w+)")


def nearer(
    anchors: tuple[int, ...], text: str, head: int, end: int, proven: Proven
) -> tuple[int, ...]:
    """Give `anchors` with others next to `text[head:end]`, where these are far away."""
    below = bisect_right(anchors, head) - 1
    above = bisect_left(anchors, end)
    start = anchors[below] if below >= 0 else 0
    stop = anchors[above] if above < len(anchors) else len(text)
    if head - start <= FAR and stop - end <= FAR:
        return anchors
    names = proven()
    lines = sorted(names)
    line = text.count("\n", 0, head) + 1
    found = set(anchors)
    at = text.rfind("\n", 0, head) + 1
    here = line
    for each in reversed(lines[: bisect_right(lines, line)][-MOST:]):
        while here > each:
            at, here = text.rfind("\n", 0, at - 1) + 1, here - 1
        _add(found, text, at, names[each])
    here = line + text.count("\n", head, end)
    at = text.rfind("\n", 0, end) + 1
    for each in lines[bisect_left(lines, here) :][:MOST]:
        while here < each and at >= 0:
            at, here = text.find("\n", at) + 1 or -1, here + 1
        if at >= 0:
            _add(found, text, at, names[each])
    return tuple(sorted(found))


def _add(found: set[int], text: str, at: int, name: str) -> None:
    match = DEFINITION.match(text, at)
    if match is not None and match.group(1) == name:
        found.add(at)
