"""Loops that began in code that was not prepared: they go on in the edited body by themselves.

The iterator that `livepatch.loop` gives hands out items until the text of the loop's body
changes. From then on it runs the new body itself, on the variables of the frame that waits for
it, and lets the frame have them when the loop ends. What cannot be done so (`return`, `yield`
and `await` in the body) is said once, and the old body goes on.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from types import CodeType, FrameType, FunctionType
from typing import Any, TypeVar

from livepatch import interp
from livepatch.errors import SourceError
from livepatch.patching import liveloops
from livepatch.patching.registry import TrackedFile
from livepatch.runtime import loops
from livepatch.runtime.loops import FrameCells
from livepatch.source import compiling, outlining
from livepatch.source.regions import parse
from livepatch.source.templates import Loop, header_of

T = TypeVar("T")
Say = Callable[[str], object]
Position = tuple[int | None, ...] | None  # first line, last line, first column, last column
LEAVING = (ast.Return, ast.Yield, ast.YieldFrom, ast.Await, ast.AsyncFor, ast.AsyncWith)


@dataclass(frozen=True, slots=True)
class Found:
    """A loop in a text: its top-level statement, and its place among the loops of its scope."""

    unit: ast.stmt
    ordinal: int
    loop: Loop


@dataclass(slots=True)
class Site:
    """One loop as it stood in the text that the running code was made from.

    `path` names the function around it, "" for the module itself; `rank` counts the live
    loops of one head. `base` is what the body of the running code says, `now` what the live
    text says that can be run, of the same object where it is the same; `revision` is that of this text.
    """

    tracked: TrackedFile
    code: CodeType
    path: str
    header: str
    rank: int
    order: int
    line: int
    obstacle: str
    has_else: bool
    base: str
    revision: int
    say: Say
    now: str = ""
    position: Position = None
    found: Found | None = None
    heard: set[str] = field(default_factory=set)
    codes: dict[str, CodeType] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """The loop as messages name it."""
        return f"{self.tracked.file}:{self.line}: {self.header}"

    def look(self, namespace: dict[str, Any]) -> None:
        """Have `now` be what the live text says, where that can be run."""
        self.revision = self.tracked.revision
        text = self.tracked.text
        try:
            found = self._again(text.text, namespace)
        except SourceError:
            return  # a patch of such a text is refused: this is none that is live
        if found is None:
            self._tell("it is gone from the file; the body that runs goes on")
            return
        self.line = found.loop.lineno
        body = _dump(found.loop)
        obstacle = self.obstacle or _obstacle(found.loop, has_else=self.has_else)
        if obstacle and body != self.now:
            self._tell(f"{obstacle}; the old body goes on until the loop ends. {ADVICE}")
            return
        self.found = found
        if body != self.now:
            self.now = self.base if body == self.base else body

    def body_code(self) -> CodeType | None:
        """Give the code of the body that `now` is."""
        code = self.codes.get(self.now)
        if code is None and self.found is not None:
            code = self._compiled(self.found)
            if code is not None:
                self.codes.clear()
                self.codes[self.now] = code
                self.say(f"{self.title}: goes on with its new body")
        return code

    def _again(self, text: str, namespace: dict[str, Any]) -> Found | None:
        """Find the loop in a newer text: by its head and order, else by its order alone."""
        scope = live_loops(text, self.tracked.file, self.path, namespace)
        same = [found for found in scope if header_of(found.loop) == self.header]
        if self.rank < len(same):
            return same[self.rank]
        return scope[self.order] if self.order < len(scope) else None

    def _compiled(self, found: Found) -> CodeType | None:
        unit = outlining.taken_over(found.unit, self.path, found.ordinal)
        if unit is None:
            return None
        flags = self.tracked.flags(self.tracked.text.text)
        code = compiling.compile_statements([unit], self.tracked.code_name, flags)
        name = self.path or outlining.MODULE
        places = compiling.codes_by_place(code)
        outer = [c for (qualname, _), same in places.items() if qualname == name for c in same]
        return next((body for c in outer for body in loops.bodies_in(c)), None)

    def _tell(self, text: str) -> None:
        if text not in self.heard:
            self.heard.add(text)
            self.say(f"{self.title}: {text}")


ADVICE = "Mark its function with @livepatch.live(loops=True), or call it anew"


def _dump(loop: Loop) -> str:
    target = "" if isinstance(loop, ast.While) else ast.dump(loop.target)
    return target + "".join(map(ast.dump, loop.body))


def _obstacle(loop: Loop, *, has_else: bool) -> str:
    """Say why the body of `loop` cannot be run by an iterator; empty where it can."""
    for node in outlining.own_nodes(loop.body):
        if isinstance(node, LEAVING):
            word = "return" if isinstance(node, ast.Return) else "yield or await"
            return f"its new body has a {word}, which only the function itself can do"
    if has_else and _breaks(loop.body):
        return "its new body has a break, and the loop an else that would run after it"
    return ""


def _breaks(statements: Iterable[ast.AST]) -> bool:
    for node in statements:
        if isinstance(node, ast.Break):
            return True
        inner = node.orelse if isinstance(node, Loop) else ast.iter_child_nodes(node)
        if not isinstance(node, outlining.NESTED) and _breaks(inner):
            return True
    return False


def live_loops(text: str, file: str, path: str, namespace: dict[str, Any]) -> list[Found]:
    """Give the loops of `livepatch.loop` in one scope of a text, in source order."""
    found = []
    for unit in parse(text, file, 0).body:
        if path:
            scopes = [f.body for name, f in outlining.functions_in(unit) if name == path]
        else:
            scopes = [[unit]]
        for body in scopes:
            every = (n for n in outlining.own_nodes(body) if isinstance(n, Loop))
            found += [
                Found(unit, ordinal, loop)
                for ordinal, loop in enumerate(every)
                if liveloops.is_live_loop(loop, namespace)
            ]
    return found


def position_of(frame: FrameType) -> Position:
    """Give where the call that `frame` is in stands; None where the code does not say.

    A compiler may have put the condition of one `while` into two places.
    """
    positions = frame.f_code.co_positions()
    found = next(islice(positions, frame.f_lasti // 2, None), None)
    return None if found is None or None in found else found


def make_site(frame: FrameType, tracked: TrackedFile, text: str, say: Say) -> Site | None:
    """Give the loop whose head `frame` is evaluating, None where it is not to be found."""
    code = frame.f_code
    path = code.co_qualname if loops.is_function_frame(frame) else ""
    position = position_of(frame)
    scope = live_loops(text, tracked.file, path, frame.f_globals)
    for order, found in enumerate(scope):
        head = found.loop.test if isinstance(found.loop, ast.While) else found.loop.iter
        calls = [n for n in ast.walk(head) if liveloops.is_live_call(n, frame.f_globals)]
        if not any(_is_at(call, position, frame.f_lineno) for call in calls):
            continue
        header = header_of(found.loop)
        rank = sum(header_of(other.loop) == header for other in scope[:order])
        obstacle = "" if head in calls else "something is around livepatch.loop() in its head"
        if path and not interp.can_write_locals():
            obstacle = "a function's variables cannot be written here without ctypes"
        body = _dump(found.loop)
        return Site(
            tracked, code, path, header, rank, order, found.loop.lineno, obstacle,
            bool(found.loop.orelse), body, tracked.revision, say, body, position,
        )  # fmt: skip
    return None


def _is_at(call: ast.AST, position: Position, line: int | None) -> bool:
    """Tell whether `call` ends where the instruction says; by its line without positions."""
    first, end = getattr(call, "lineno", 0), getattr(call, "end_lineno", 0)
    if position is None:
        return first <= (line or 0) <= end
    return (end, getattr(call, "end_col_offset", 0)) == (position[1], position[3])


class TakenOver:
    """The body of a loop, run in place of the frame's own code."""

    def __init__(self, site: Site, frame: FrameType, code: CodeType) -> None:
        """Take the variables of `frame`, which has to wait meanwhile."""
        self._site = site
        self._namespace = frame.f_globals
        self._box: list[object] = []
        self._cells = FrameCells(frame, {outlining.ITEM: self._box.pop})
        self._says = site.now
        self._body = self._function(code)

    def _function(self, code: CodeType) -> FunctionType:
        cells = self._cells.closure_for(code)
        return FunctionType(code, self._namespace, code.co_name, None, cells)

    def turn(self, *item: object) -> bool:
        """Run the body once, on `item` where the loop is a `for`; False after a `break`."""
        site = self._site
        if site.tracked.revision != site.revision:
            site.look(self._namespace)
        if site.now is not self._says:
            code = site.body_code()
            if code is not None:
                self._body = self._function(code)
            self._says = site.now
        self._box.extend(item)
        return self._body() is not False

    def end(self) -> None:
        """Let the frame have the variables as they are now."""
        self._cells.write_back()


def take_over(site: Site, frame: FrameType) -> TakenOver | None:
    """Give the body that is to run in place of the frame's own, None where that is right."""
    if site.tracked.revision != site.revision:
        site.look(frame.f_globals)
    code = None if site.now is site.base else site.body_code()
    return None if code is None else TakenOver(site, frame, code)


def turns(site: Site, items: Iterable[T], frame: FrameType) -> Iterator[T]:
    """Give the items of `items`; once the body has changed, run the new one on those left."""
    iterator = iter(items)
    tracked = site.tracked
    taken = take_over(site, frame)
    if taken is None:
        for item in iterator:
            yield item
            if tracked.revision != site.revision or site.now is not site.base:
                taken = take_over(site, frame)
                if taken is not None:
                    break
    if taken is None:
        return
    try:
        for item in iterator:
            if not taken.turn(item):
                return
    finally:
        taken.end()


def goes_on(site: Site, frame: FrameType) -> bool:
    """Tell a `while` to go on; once its body has changed, run the new one until it breaks."""
    if site.tracked.revision == site.revision and site.now is site.base:
        return True
    taken = take_over(site, frame)
    if taken is None:
        return True
    try:
        while taken.turn():
            pass
    finally:
        taken.end()
    return False
