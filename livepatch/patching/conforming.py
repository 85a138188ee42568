"""Objects that hold code themselves, and the registry of codefind, kept in step with a patch.

An object whose class has `__conform__` and that holds a function's code object in a slot (the
protocol of jurigged and codefind) is called with the function when that code is replaced, with
the new code where no function of it lives, and with None when the definition goes. An undo calls
it again. What it raises holds the patch.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from types import CodeType, FunctionType
from typing import Any

from livepatch.model import Write, WriteKind

NAME = "__conform__"
Swap = tuple[Sequence[FunctionType], CodeType, CodeType]
"""Live functions whose old code becomes the new one."""


def replaced(
    conformers: Iterable[object], old: CodeType, new: CodeType, function: FunctionType | None
) -> Iterator[Write]:
    """Give the calls that tell `conformers` of what they hold `old` for."""
    for conformer in conformers:
        yield Write(WriteKind.CALL, conformer, NAME, _teller(conformer, old, new, function))


def removed(
    conformers: Iterable[object], function: FunctionType, is_bound: Callable[[], bool]
) -> Iterator[Write]:
    """Give the calls that tell `conformers` that the definition of `function` is gone.

    `is_bound` tells whether it is there (again): an undo makes the same calls.
    """
    for conformer in conformers:
        yield Write(WriteKind.CALL, conformer, NAME, _parting(conformer, function, is_bound))


def _teller(
    conformer: Any, old: CodeType, new: CodeType, function: FunctionType | None
) -> Callable[[], None]:
    def tell() -> None:
        if function is not None:
            conformer.__conform__(function)
        else:  # what it holds now says in which direction the patch goes
            held = {id(found) for found in gc.get_referents(conformer)}
            conformer.__conform__(old if id(new) in held else new)

    return tell


def _parting(
    conformer: Any, function: FunctionType, is_bound: Callable[[], bool]
) -> Callable[[], None]:
    def tell() -> None:
        conformer.__conform__(function if is_bound() else None)

    return tell


def registry_write(swaps: Sequence[Swap]) -> Iterator[Write]:
    """Give the call that brings codefind's registry up to date, where the process has loaded it."""
    codefind: Any = sys.modules.get("codefind")
    registry = getattr(codefind, "code_registry", None)
    if registry is None or not swaps:
        return

    def synchronise() -> None:
        for functions, old, new in swaps:
            for function in functions:
                now = function.__code__
                if now is not old and now is not new:
                    continue  # it leads sessions to their versions; this is called again after it
                registry.update_cache_entry(function, new if now is old else old, now)

    yield Write(WriteKind.CALL, registry, "code registry", synchronise)
