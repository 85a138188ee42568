"""The ways in that name one thing: mark it, freeze it, patch it from a string.

Importing this module starts nothing; the first `live()` or `loop()` starts one watcher for the
files that are concerned, which ends with the process.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TypeVar

from livepatch.api import default_patcher
from livepatch.errors import PatchRefusedError
from livepatch.model import Patch
from livepatch.patching import strings
from livepatch.patching.targets import find_target

T = TypeVar("T")


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
