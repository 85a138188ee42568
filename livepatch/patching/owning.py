"""Whose something is that was registered with a library: told by identity, wrappers included."""

from __future__ import annotations

import ast
import functools
import sys
from collections.abc import Callable, Iterator
from types import CellType, FunctionType, MethodType, ModuleType
from typing import Any, Final

from livepatch.model import MISSING
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


def may_register(node: ast.AST, names: Callable[[str], Any], kinds: tuple[type, ...]) -> bool:
    """Tell whether executing a statement may register something with an object of `kinds`."""
    if isinstance(node, ast.Import):
        return any(alias.name not in sys.modules for alias in node.names)
    if isinstance(node, ast.ImportFrom):
        return node.level > 0 or node.module not in sys.modules
    return any(_is_live(names(name), kinds) for name in _names_in(node))


def _names_in(node: ast.AST) -> Iterator[str]:
    for inner in ast.walk(node):
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            yield inner.id


def _is_live(value: object, kinds: tuple[type, ...]) -> bool:
    """Tell whether code that reaches `value` may reach one of `kinds` through it."""
    if isinstance(value, ModuleType):
        return not value.__name__.startswith(("os", "sys", "re", "math", "time"))
    if isinstance(value, (*kinds, FunctionType)):
        return True
    made_of = value if isinstance(value, type) else type(value)
    module = sys.modules.get(made_of.__module__)
    origin = getattr(getattr(module, "__spec__", None), "origin", None)
    return value is not MISSING and origin not in {None, "built-in", "frozen"}
