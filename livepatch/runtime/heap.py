"""The search of last resort: which functions in the whole process use these code objects.

Asked at most once per patch, and only where a reference count says that somebody unknown holds
the old code. `gc.get_objects` is never called: it hands out tuples that another thread is still
building, and a reference to one makes `tuple()` there fail with a SystemError.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType

from livepatch.runtime import epochs

MANY = 32  # targets of one pass: each object met is compared with all of them
A_MILLION = 1_000_000
FROZEN_BY_START = 2000  # CPython 3.12 freezes hundreds of its own objects as it starts


@contextmanager
def uncollected() -> Iterator[None]:
    """Let no collection begin inside the block: what is made there is all in use."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@contextmanager
def seldom_collected() -> Iterator[None]:
    """Let no collection begin for the first million objects that are made in the block.

    The syntax trees of a patch are some ten thousand objects in no cycle, and gone at its end.
    What the program itself says to the collector meanwhile, holds.
    """
    before = gc.get_threshold()
    postponed = (A_MILLION, *before[1:])
    if not 0 < before[0] < A_MILLION:
        yield
        return
    gc.set_threshold(*postponed)
    try:
        yield
    finally:
        if gc.get_threshold() == postponed:
            gc.set_threshold(*before)


def referrers(*targets: object) -> list[object]:
    """Give what refers to one of `targets`, frozen objects too: the collector hides them."""
    return [holder for holder in _referrers(targets) if holder is not targets]


def _referrers(targets: tuple[object, ...]) -> list[object]:
    if gc.get_freeze_count() <= FROZEN_BY_START:
        return gc.get_referrers(*targets)
    gc.unfreeze()
    found = gc.get_referrers(*targets)
    # All that there is, which is more than the program froze; but a program that is about
    # to fork, or did, shares its memory only with what is frozen.
    gc.freeze()
    return found


@dataclass(frozen=True, slots=True)
class Users:
    """Who uses one code object: functions, and objects that hold it to conform to its changes."""

    functions: list[FunctionType]
    conformers: list[object]


NOBODY = Users([], [])


def functions_using(codes: Collection[CodeType]) -> dict[int, list[FunctionType]]:
    """Give the functions whose code is one of `codes`, by the id of the code."""
    users = users_of(codes)
    return {key: found.functions for key, found in users.items() if found.functions}


def users_of(codes: Collection[CodeType]) -> dict[int, Users]:
    """Give the users of `codes` in the whole process, by the id of the code."""
    every = tuple({id(code): code for code in codes}.values())
    found: dict[int, Users] = {}
    for start in range(0, len(every), MANY):
        chosen = every[start : start + MANY]
        candidates = _referrers(chosen)
        for code, functions in _functions_by_code(candidates, chosen):
            found[id(code)] = Users(epochs.visible(functions), [])
        _add_conformers(found, candidates, {id(code) for code in chosen})
    ids = {id(code) for code in every}
    for stack in epochs.stacks.values():  # these carry a code that picks, in place of their own
        if id(stack.plain.code) in ids:
            _users(found, stack.plain.code).functions.append(stack.function)
    return found


def _functions_by_code(
    candidates: list[object], codes: Sequence[CodeType]
) -> Iterator[tuple[CodeType, list[FunctionType]]]:
    """Give each code with its functions: comprehensions, for there may be a million closures."""
    if len(codes) == 1:
        code = codes[0]
        same = [f for f in candidates if type(f) is FunctionType and f.__code__ is code]
        yield code, same
        return
    by_code: dict[int, list[FunctionType]] = {id(code): [] for code in codes}
    for function in [f for f in candidates if type(f) is FunctionType]:
        if id(function.__code__) in by_code:
            by_code[id(function.__code__)].append(function)
    for code in codes:
        yield code, by_code[id(code)]


def _add_conformers(found: dict[int, Users], candidates: list[object], ids: set[int]) -> None:
    kinds = set(map(type, candidates))
    conforming = {
        kind for kind in kinds if any("__conform__" in vars(base) for base in kind.__mro__)
    }
    if not conforming:
        return
    for candidate in [holder for holder in candidates if type(holder) in conforming]:
        for held in {id(held): held for held in gc.get_referents(candidate)}.values():
            if id(held) in ids:
                _users(found, held).conformers.append(candidate)


def _users(found: dict[int, Users], code: CodeType) -> Users:
    return found.setdefault(id(code), Users([], []))


def functions_in(namespace: dict[str, object]) -> list[FunctionType]:
    """Give the functions whose globals are `namespace`, wherever they are."""
    return [
        holder
        for holder in referrers(namespace)
        if type(holder) is FunctionType
        and holder.__globals__ is namespace
        and not epochs.is_hidden(holder)
    ]
