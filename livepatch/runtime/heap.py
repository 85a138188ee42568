"""The search of last resort: which functions in the whole process use these code objects.

Asked at most once per patch, and only where a reference count says that somebody unknown holds
the old code.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Collection
from types import CodeType, FunctionType

from livepatch.runtime import epochs

MANY = 32  # up to here gc.get_referrers is cheaper than one pass over all objects


def functions_using(codes: Collection[CodeType]) -> dict[int, list[FunctionType]]:
    """Give the functions whose code is one of `codes`, by the id of the code."""
    ids = {id(code) for code in codes}
    found: dict[int, list[FunctionType]] = {}
    if not ids:
        return found
    candidates = gc.get_referrers(*codes) if len(ids) <= MANY else gc.get_objects()
    if gc.get_freeze_count():
        candidates += _frozen(codes)
    seen: set[int] = set()
    for candidate in candidates:
        if type(candidate) is not FunctionType or id(candidate.__code__) not in ids:
            continue
        if id(candidate) not in seen and not epochs.is_hidden(candidate):
            seen.add(id(candidate))
            found.setdefault(id(candidate.__code__), []).append(candidate)
    for stack in epochs.stacks.values():  # these carry a code that picks, in place of their own
        if id(stack.plain.code) in ids:
            found.setdefault(id(stack.plain.code), []).append(stack.function)
    return found


def functions_in(namespace: dict[str, object]) -> list[FunctionType]:
    """Give the functions whose globals are `namespace`, wherever they are."""
    if gc.get_freeze_count():
        gc.unfreeze()
        try:
            holders = gc.get_referrers(namespace)
        finally:
            gc.freeze()
    else:
        holders = gc.get_referrers(namespace)
    return [
        holder
        for holder in holders
        if type(holder) is FunctionType and holder.__globals__ is namespace
    ]


def _frozen(codes: Collection[CodeType]) -> list[object]:
    """Look into the permanent generation too: freezing hides objects from the collector."""
    gc.unfreeze()
    try:
        return list(gc.get_referrers(*codes))
    finally:
        gc.freeze()


def functions_where(accept: Callable[[CodeType], bool]) -> list[FunctionType]:
    """Give the functions of the whole process whose code `accept` takes."""
    return [
        candidate
        for candidate in gc.get_objects()
        if type(candidate) is FunctionType
        and accept(candidate.__code__)
        and not epochs.is_hidden(candidate)
    ]
