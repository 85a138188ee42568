"""The ways in that name one thing: mark it, freeze it, patch it from a string.

Importing this module starts nothing; the first `live()` or `loop()` starts one watcher for the
files that are concerned, which ends with the process.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType, FunctionType
from typing import Any, TypeVar, overload

from livepatch.api import default_patcher, watches
from livepatch.errors import PatchRefusedError, TargetError, UsageError
from livepatch.model import Patch
from livepatch.patching import liveloops, strings, turns
from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import TrackedFile
from livepatch.patching.targets import (
    Target,
    find_decorated,
    find_running,
    find_target,
    functions_of,
)
from livepatch.runtime import frames, loops
from livepatch.watching import safepoints
from livepatch.watching.marked import Apply, MarkedFiles

T = TypeVar("T")
OnPatch = Callable[[Patch], object]

_marked: MarkedFiles | None = None


@overload
def live(target: T, /) -> T: ...


@overload
def live(
    *,
    on_patch: OnPatch | None = None,
    loops: bool = False,
    apply: Any = "now",
    guard: float | None = None,
) -> Callable[[T], T]: ...


def live(
    target: T | None = None,
    /,
    *,
    on_patch: OnPatch | None = None,
    loops: bool = False,
    apply: Any = "now",
    guard: float | None = None,
) -> T | Callable[[T], T]:
    """Mark `target`, a function, method, class or module, and give back that very object.

    From then on it is patched whenever its file is saved, and what is not marked in that file
    stays as it is, unless `watch()` covers it. It stands under or over other decorators;
    calls cost nothing. `on_patch` is called with each patch that changes it. With `loops`
    every loop in it takes an edited body at its next iteration, also one that is running.
    `apply` is where its file may be applied, as in `watch()`, which decides for files of its
    own. With `guard` a patch that changes it is undone when an exception passes out of new code
    within that many seconds.
    """
    options = _Options(on_patch, loops, apply, guard)
    if target is None:
        return lambda found: _mark(found, frames.caller(), options)
    return _mark(target, frames.caller(), options)


@dataclass(frozen=True, slots=True)
class _Options:
    on_patch: OnPatch | None
    loops: bool
    apply: Any
    guard: float | None


def _mark(target: T, frame: FrameType, options: _Options) -> T:
    patcher = default_patcher()
    found = find_decorated(target, frame, patcher.registry)
    way = None if options.apply == "now" else safepoints.applier(patcher.apply, options.apply)
    _follow(patcher, found, way)
    patcher.marks.mark(found.module, found.definition, loops=options.loops)
    if options.on_patch is not None:
        patcher.on_patch(_only_about(found, options.on_patch))
    if options.guard is not None:
        _guard(patcher, found, options.guard)
    if options.loops:
        _outline(patcher, found, target)
    return target


_guarded: dict[float, list[Target]] = {}


def _guard(patcher: Patcher, found: Target, seconds: float) -> None:
    """Have patches of `found` guarded; there is one guard for each number of seconds."""
    from livepatch.patching.guard import Guard  # noqa: PLC0415  only on request

    if not 0 < seconds < math.inf:
        message = f"live: guard is a number of seconds, not {seconds!r}"
        raise UsageError(message)
    targets = _guarded.setdefault(seconds, [])
    if not targets:
        Guard(patcher, seconds, concerns=lambda made: any(_is_about(t, made) for t in targets))
    targets.append(found)


def _outline(patcher: Patcher, found: Target, target: object) -> None:
    """Have the loops of all functions of `target` live from their next call on."""
    tracked = strings.tracked_file(patcher, found)
    for function in functions_of(found, target):
        if not liveloops.outline_function(tracked, function, found.module, patcher.marks):
            _outline_later(patcher, tracked, function, found)


def _outline_later(
    patcher: Patcher, tracked: TrackedFile, function: FunctionType, found: Target
) -> None:
    """Try again when the patch that is at work has been committed."""
    living = weakref.ref(function)

    def again(patch: Patch) -> None:
        remove()
        made = living()
        if made is not None:
            liveloops.outline_function(tracked, made, found.module, patcher.marks)
        del patch

    remove = patcher.on_patch(again)


def _follow(patcher: Patcher, found: Target, way: Apply | None = None) -> None:
    """Have the file of `found` tracked, and watched by somebody."""
    file = strings.tracked_file(patcher, found, marked_only=True).file
    if file.startswith("<") or any(watch.wants(file) for watch in watches()):
        return
    _marked_files().add(file, way)


def _marked_files() -> MarkedFiles:
    """Give the watcher of marked files; it has no thread before the first file."""
    global _marked  # noqa: PLW0603  one watcher for the process, as there is one patcher
    if _marked is None:
        patcher = default_patcher()
        _marked = MarkedFiles(
            apply=patcher.apply, tracked=patcher.is_tracked, reported=lambda: bool(watches())
        )
        patcher.on_patch(_marked.report)
    return _marked


def _only_about(found: Target, on_patch: OnPatch) -> OnPatch:
    """Give `on_patch` for the patches that change `found` or something in it."""

    def tell(patch: Patch) -> None:
        if _is_about(found, patch):
            on_patch(patch)

    return tell


def _is_about(found: Target, patch: Patch) -> bool:
    """Tell whether `patch` changed `found` or something in it."""
    name = found.definition
    return any(
        change.module == found.module.__name__
        and (not name or change.qualname == name or change.qualname.startswith(f"{name}."))
        for change in patch.changes
    )


def patch(target: object, source: str) -> Patch:
    """Make `target`, a function, method, class or module, be what `source` says.

    `target` may also be a name such as `"shop.cart:Cart.total"`. `source` is one definition of
    the same name, or the whole text of a module. The patch that is given has `undo()`, and
    `save()`, which writes it to the file. Raises a `TargetError` for what cannot be patched,
    `SourceError` where `source` is not Python; where the program's own code raises, the patch
    is refused: `ok` is false and nothing has changed.
    """
    return strings.patch_from(default_patcher(), target, source)


@contextmanager
def patched(target: object, source: str) -> Iterator[Patch]:
    """Have `target` be what `source` says inside the block, and what it was after it.

    Raises `PatchRefusedError` where the patch is refused.
    """
    made = patch(target, source)
    if not made.ok:
        reasons = "; ".join(str(error) for error in made.errors)
        raise PatchRefusedError(str(target), reasons)
    try:
        yield made
    finally:
        made.undo()


def freeze(target: T, /) -> T:
    """Never patch `target`, a function, class or module, nor what is inside; gives it back.

    Edits of it are left out, and named in a note of the patch.
    """
    patcher = default_patcher()
    found = find_target(target, patcher.registry)
    patcher.marks.freeze(found.module, found.definition)
    return target


@overload
def loop() -> bool: ...


@overload
def loop(items: Iterable[T], /) -> Iterable[T]: ...


def loop(items: Iterable[T] | None = None, /) -> Iterable[T] | bool:
    """Have the body of the loop that this heads follow its file.

    It heads a `for`, as in `for x in loop(items):`, or a `while`, as in `while loop():`. An edited body takes effect at the next turn, with all variables of the function or module;
    a broken one is refused and the old body goes on. In a function that is prepared (marked
    with `live(loops=True)`, or in a module that was imported under `watch()`) the body may hold
    anything, and anything may stand around this call.
    """
    frame = frames.caller()
    code = frame.f_code
    if loops.is_body(code) or loops.has_bodies(code) or hasattr(items, "__aiter__"):
        return True if items is None else items
    site = _site(frame)
    if items is None:
        return site is None or turns.goes_on(site, frame)
    return items if site is None else turns.turns(site, items, frame)


_sites: dict[tuple[int, int], _Looked] = {}
MOST_SITES = 256


@dataclass(frozen=True, slots=True)
class _Looked:
    """What was found for one call of `loop` in one code object; None is found only once, too."""

    code: CodeType
    position: turns.Position
    site: turns.Site | None


def _site(frame: FrameType) -> turns.Site | None:
    """Give the loop whose head `frame` evaluates; a `while` asks once a turn."""
    key = (id(frame.f_code), frame.f_lasti)
    looked = _sites.get(key)
    if looked is None or looked.code is not frame.f_code:
        looked = _same_place(frame) or _Looked(
            frame.f_code, turns.position_of(frame), _make_site(frame)
        )
        if len(_sites) >= MOST_SITES:
            _sites.clear()
        _sites[key] = looked
    return looked.site


def _same_place(frame: FrameType) -> _Looked | None:
    """Give what was found for the same call: a `while` may have its condition in two places."""
    position = turns.position_of(frame)
    for looked in _sites.values():
        same = looked.code is frame.f_code and looked.position == position
        if same and position is not None:
            return looked
    return None


def _make_site(frame: FrameType) -> turns.Site | None:
    """Give the loop of `frame`, followed from now on; None, and a word, where that cannot be."""
    patcher = default_patcher()
    where = f"{frame.f_code.co_filename}:{frame.f_lineno}"
    try:
        found = find_running(frame, patcher.registry)
        tracked = strings.tracked_file(patcher, found, marked_only=True)
    except TargetError as error:
        _say(f"{where}: this loop is not live: {error.reason}")
        return None
    _follow(patcher, found)
    if liveloops.is_other_edit not in patcher.edit_filters:
        patcher.edit_filters.append(liveloops.is_other_edit)
    if found.qualname:
        patcher.marks.mark(found.module, found.definition)
        liveloops.prepare_module(patcher.registry, tracked.file, found.module, patcher.marks)
    site = turns.make_site(frame, tracked, tracked.known_text(), _say)
    if site is None:
        reason = "it stands in a function inside a function, or not in the file any more"
        _say(f"{where}: this loop is not live: {reason}")
    return site


def _say(text: str) -> None:
    """Report `text`, which belongs to no patch."""
    reporter = next((watch.reporter for watch in watches()), None)
    (reporter or _marked_files().reporter).message(text)
