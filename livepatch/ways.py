"""The ways in that name one thing: mark it, freeze it, patch it from a string.

Importing this module starts nothing; the first `live()` or `loop()` starts one watcher for the
files that are concerned, which ends with the process.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, FunctionType
from typing import TypeVar, overload

from livepatch.api import default_patcher, watches
from livepatch.errors import PatchRefusedError
from livepatch.model import Patch
from livepatch.patching import liveloops, strings
from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import TrackedFile
from livepatch.patching.targets import Target, find_decorated, find_target, functions_of
from livepatch.runtime import frames
from livepatch.watching.marked import MarkedFiles

T = TypeVar("T")
OnPatch = Callable[[Patch], object]

_marked: MarkedFiles | None = None


@overload
def live(target: T, /) -> T: ...


@overload
def live(*, on_patch: OnPatch | None = None, loops: bool = False) -> Callable[[T], T]: ...


def live(
    target: T | None = None, /, *, on_patch: OnPatch | None = None, loops: bool = False
) -> T | Callable[[T], T]:
    """Mark `target`, a function, method, class or module, and give back that very object.

    From then on it is patched whenever its file is saved, and what is not marked in that file
    stays as it is, unless `watch()` covers it. It stands under or over other decorators;
    calls cost nothing. `on_patch` is called with each patch that changes it. With `loops`
    every loop in it takes an edited body at its next iteration, also one that is running.
    """
    frame = frames.caller()
    if target is None:
        return lambda found: _mark(found, frames.caller(), on_patch=on_patch, loops=loops)
    return _mark(target, frame, on_patch=on_patch, loops=loops)


def _mark(target: T, frame: FrameType, *, on_patch: OnPatch | None, loops: bool) -> T:
    patcher = default_patcher()
    found = find_decorated(target, frame, patcher.registry)
    _follow(patcher, found)
    patcher.marks.mark(found.module, found.definition, loops=loops)
    if on_patch is not None:
        patcher.on_patch(_only_about(found, on_patch))
    if loops:
        _outline(patcher, found, target)
    return target


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


def _follow(patcher: Patcher, found: Target) -> None:
    """Have the file of `found` tracked, and watched by somebody."""
    global _marked  # noqa: PLW0603  one watcher for the process, as there is one patcher
    file = strings.tracked_file(patcher, found, marked_only=True).file
    if any(watch.wants(file) for watch in watches()):
        return
    if _marked is None:
        _marked = MarkedFiles(
            apply=patcher.apply, tracked=patcher.is_tracked, reported=lambda: bool(watches())
        )
        patcher.on_patch(_marked.report)
    if not file.startswith("<"):
        _marked.add(file)


def _only_about(found: Target, on_patch: OnPatch) -> OnPatch:
    """Give `on_patch` for the patches that change `found` or something in it."""
    name, module = found.definition, found.module.__name__

    def tell(patch: Patch) -> None:
        for change in patch.changes:
            inside = change.qualname == name or change.qualname.startswith(f"{name}.")
            if change.module == module and (inside or not name):
                on_patch(patch)
                return

    return tell


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
