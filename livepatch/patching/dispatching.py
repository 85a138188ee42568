"""Single-dispatch functions: what a statement registers with them can be taken back."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from types import FunctionType
from typing import Any

from livepatch.model import Write, WriteKind
from livepatch.patching.effects import restoring

Registry = dict[object, object]


def registry_of(dispatcher: Any) -> Registry | None:
    """Give the dict behind the read-only `registry` of a single-dispatch function."""
    register = getattr(dispatcher, "register", None)
    if type(register) is not FunctionType or not hasattr(dispatcher, "_clear_cache"):
        return None
    for name, cell in zip(
        register.__code__.co_freevars, register.__closure__ or (), strict=False
    ):
        if name == "registry" and isinstance(cell.cell_contents, dict):
            return cell.cell_contents
    return None


def registries(node: ast.stmt, get: Callable[[str], Any]) -> Iterator[tuple[Any, Registry]]:
    """Give the single-dispatch functions that decorators of `node` register with."""
    for decorator in getattr(node, "decorator_list", ()):
        target = decorator.func if isinstance(decorator, ast.Call) else decorator
        match target:
            case ast.Attribute(attr="register", value=ast.Name(id=name)):
                dispatcher = get(name)
                dispatcher = getattr(dispatcher, "dispatcher", dispatcher)  # of a method
                registry = registry_of(dispatcher)
                if registry is not None:
                    yield dispatcher, registry


def cleared(dispatcher: Any) -> Write:
    """Give the call that makes a single-dispatch function look at its registry anew."""
    clear = dispatcher._clear_cache  # noqa: SLF001  as functools documents it in code
    return Write(WriteKind.CALL, dispatcher, "_clear_cache", clear)


def restored(dispatcher: Any, registry: Registry, before: Registry) -> list[Write]:
    """Give the writes that make `registry` what it was before, none where it still is that."""
    writes = restoring(registry, before)
    return [*writes, cleared(dispatcher)] if writes else []
