"""Breakpoints of pdb, and of other debuggers on bdb, stay on the statements they were set on.

bdb keeps them by file and line, on the class `Breakpoint` and on each debugger. Nothing is done,
and nothing imported, where no debugger is there or it has no breakpoint in the file.

Tools on `sys.monitoring` (coverage, cProfile) hear of lines anew that they had switched off.
"""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Callable, Collection
from typing import Any

from livepatch import interp
from livepatch.runtime import classes

LineMap = Callable[[int], int]
TOOLS = range(6)  # the tool ids that sys.monitoring has


def follow(names: Collection[str], before: str, after: str) -> None:
    """Move the breakpoints of the file called `names` from their lines in `before` to `after`."""
    breakpoint_class: Any = getattr(sys.modules.get("bdb"), "Breakpoint", None)
    if breakpoint_class is None or not breakpoint_class.bplist or before == after:
        return
    files = {os.path.normcase(os.path.abspath(name)) for name in names}  # noqa: PTH100
    table = breakpoint_class.bplist
    marks = [key for key in table if key[0] in files]
    if not marks:
        return
    moved = line_map(before, after)
    taken = [table.pop(key) for key in marks]
    for (file, line), found in zip(marks, taken, strict=True):
        for mark in found:
            mark.line = moved(line)
            mark.func_first_executable_line = None  # bdb looks it up at the next call
        table.setdefault((file, moved(line)), []).extend(found)
    for debugger in _debuggers():
        for file in files & debugger.breaks.keys():
            debugger.breaks[file] = sorted({moved(line) for line in debugger.breaks[file]})
        if hasattr(debugger, "restart_events"):  # it has switched events off by line (3.14)
            debugger.restart_events()


def restart_events() -> None:
    """Have tools told of lines again: those they switched off may have other numbers now."""
    if interp.MONITORING:
        monitoring: Any = sys.monitoring  # type: ignore[attr-defined,unused-ignore]
        if any(monitoring.get_tool(tool) is not None for tool in TOOLS):
            monitoring.restart_events()


def _debuggers() -> list[Any]:
    base: Any = sys.modules["bdb"].Bdb
    found: list[Any] = classes.instances_of(*classes.subclasses_of(base))
    return [
        debugger for debugger in found if isinstance(getattr(debugger, "breaks", None), dict)
    ]


def line_map(before: str, after: str) -> LineMap:
    """Give the function from the lines of one text to those of another, both from 1.

    A line that is gone becomes the one that stands in its place, or the next.
    """
    old, new = before.split("\n"), after.split("\n")
    head = _common(old, new)
    tail = _common(old[head:][::-1], new[head:][::-1])
    middle = difflib.SequenceMatcher(
        None, old[head : len(old) - tail], new[head : len(new) - tail], autojunk=False
    )
    blocks = middle.get_opcodes()

    def moved(line: int) -> int:
        index = line - 1 - head
        if index < 0:
            return line
        for _, start, end, first, last in blocks:
            if start <= index < end:
                return head + 1 + first + min(index - start, max(last - first - 1, 0))
        return line + len(new) - len(old)

    return moved


def _common(one: list[str], other: list[str]) -> int:
    count = 0
    for left, right in zip(one, other, strict=False):
        if left != right:
            break
        count += 1
    return count
