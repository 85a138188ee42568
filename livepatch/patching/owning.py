"""Whose something is that was registered with a library: told by identity, wrappers included."""

from __future__ import annotations

import functools
from types import CellType, FunctionType, MethodType
from typing import Any, Final

from livepatch.patching.registering import Step

DEPTH: Final = 6  # how many wrappers deep


def owned_by(step: Step) -> frozenset[int]:
    """Give the ids of the callables that are the old definition, wrappers of it included."""
    targets = frozenset(map(id, step.functions))
    return targets | {id(step.value)} | callables_between(step.value, targets)


def callables_between(value: Any, targets: frozenset[int]) -> frozenset[int]:
    """Give the ids of the callables on the ways from `value` to one of `targets`."""
    found: set[int] = set()

    def leads(item: Any, depth: int) -> bool:
        if id(item) in targets:
            return True
        if depth > DEPTH:
            return False
        led = [leads(inner, depth + 1) for inner in _below(item)]
        if any(led):
            found.add(id(item))
        return any(led)

    leads(value, 0)
    return frozenset(found)


def _below(item: Any) -> list[Any]:
    inner: list[Any] = []
    if isinstance(item, FunctionType):
        inner = [content_of(cell) for cell in item.__closure__ or ()]
    elif isinstance(item, functools.partial):
        inner = [item.func]
    elif isinstance(item, MethodType | staticmethod | classmethod):
        inner = [item.__func__]
    inner.append(_wrapped(item))
    kinds = (FunctionType, MethodType, functools.partial)
    return [found for found in inner if isinstance(found, kinds) or _wrapped(found) is not None]


def _wrapped(item: Any) -> Any:
    return attribute_of(item, "__wrapped__")


def attribute_of(item: Any, name: str) -> Any:
    """Give an attribute without running any code of the object, which may be a proxy."""
    try:
        return object.__getattribute__(item, "__dict__").get(name)
    except AttributeError:
        return None


def content_of(cell: CellType) -> Any:
    """Give what a cell holds, None for an empty one."""
    try:
        return cell.cell_contents
    except ValueError:
        return None
