"""The search of last resort: which functions in the whole process use these code objects.

Asked at most once per patch, and only where a reference count says that somebody unknown holds
the old code. `gc.get_objects` is never called: it hands out tuples that another thread is still
building, and a reference to one makes `tuple()` there fail with a SystemError.
"""

from __future__ import annotations

import gc
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FunctionType

from livepatch.runtime import epochs

MANY = 32  # targets of one pass: each object met is compared with all of them
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


def referrers(*targets: object) -> list[object]:
    """Give what refers to one of `targets`, frozen objects too: the collector hides them."""
    if gc.get_freeze_count() <= FROZEN_BY_START:
        found = gc.get_referrers(*targets)
    else:
        gc.unfreeze()
        found = gc.get_referrers(*targets)
        # All that there is, which is more than the program froze; but a program that is about
        # to fork, or did, shares its memory only with what is frozen.
        gc.freeze()
    return [holder for holder in found if holder is not targets]


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


def users_of(codes: Collection[CodeType]) -> dict[int, Users]:  # noqa: C901
    """Give the users of `codes` in the whole process, by the id of the code."""
    ids = {id(code) for code in codes}
    found: dict[int, Users] = {}
    if not ids:
        return found
    every = list({id(code): code for code in codes}.values())
    candidates = [
        holder
        for start in range(0, len(every), MANY)
        for holder in referrers(*every[start : start + MANY])
        if holder is not every
    ]
    seen: set[int] = set()
    conforms: dict[type, bool] = {}
    for candidate in candidates:
        kind = type(candidate)
        if type(candidate) is FunctionType:
            if id(candidate.__code__) in ids and id(candidate) not in seen:
                seen.add(id(candidate))
                if not epochs.is_hidden(candidate):
                    _users(found, candidate.__code__).functions.append(candidate)
            continue
        if kind not in conforms:
            conforms[kind] = any("__conform__" in vars(base) for base in kind.__mro__)
        if conforms[kind] and id(candidate) not in seen:
            seen.add(id(candidate))
            for held in gc.get_referents(candidate):
                if id(held) in ids:
                    _users(found, held).conformers.append(candidate)
    for stack in epochs.stacks.values():  # these carry a code that picks, in place of their own
        if id(stack.plain.code) in ids:
            _users(found, stack.plain.code).functions.append(stack.function)
    return found


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
