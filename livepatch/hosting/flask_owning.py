"""Whose something is that was registered with Flask: told by identity, wrappers included."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from types import CellType, FunctionType, MethodType
from typing import Any, Final

from flask import Flask

from livepatch.hosting.flask_draft import HOOKS, cells_of
from livepatch.hosting.flask_table import Table
from livepatch.model import MISSING, Write, WriteKind
from livepatch.patching.registering import Step
from livepatch.runtime import holding

LISTS: Final = (*HOOKS, "teardown_appcontext_funcs", "shell_context_processors")
DEPTH: Final = 6  # how many wrappers deep


def registries(scaffold: Any) -> Iterator[Any]:
    """Give what holds functions of an application or blueprint, routes aside."""
    for name in (*LISTS, "error_handler_spec", "deferred_functions"):
        container = getattr(scaffold, name, None)
        if container is not None:
            yield container
    environment = vars(scaffold).get("jinja_env")
    if environment is not None:
        yield from (environment.filters, environment.tests, environment.globals)
    commands = getattr(vars(scaffold).get("cli"), "commands", None)
    if commands is not None:
        yield commands


def content_of(cell: CellType) -> Any:
    """Give what a cell holds, None for an empty one."""
    try:
        return cell.cell_contents
    except ValueError:
        return None


def rule_of(deferred: Any) -> Any:
    """Give the rule that a blueprint's deferred function adds, None where it adds none."""
    cells = cells_of(deferred)
    return (
        content_of(cells["rule"]) if {"rule", "endpoint", "view_func"} <= cells.keys() else None
    )


def is_owned(item: Any, owned: frozenset[int], rules: set[str] | None) -> bool:
    """Tell whether something registered is one of `owned`, or was deferred on its behalf."""
    if id(item) in owned or id(_attribute(item, "callback")) in owned:
        return True
    if not isinstance(item, FunctionType) or "sansio" not in item.__code__.co_filename:
        return False
    cells = {name: content_of(cell) for name, cell in cells_of(item).items()}
    if not any(id(value) in owned for value in cells.values()):
        inner = cells.get("func")
        return isinstance(inner, FunctionType) and is_owned(inner, owned, rules)
    return rules is None or "rule" not in cells or cells["rule"] in rules


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
    return _attribute(item, "__wrapped__")


def _attribute(item: Any, name: str) -> Any:
    """Give an attribute without running any code of the object, which may be a proxy."""
    try:
        return object.__getattribute__(item, "__dict__").get(name)
    except AttributeError:
        return None


def is_code_of(item: Any, module: str) -> bool:
    """Tell whether something registered is a function defined in `module` or below."""
    function = item if isinstance(item, FunctionType) else _attribute(item, "callback")
    home = function.__module__ if isinstance(function, FunctionType) else None
    return home is not None and (home == module or home.startswith(f"{module}."))


def drop_code_of(app: Flask, module: str) -> None:
    """Have nothing registered with `app` that is defined in `module` or below, routes aside.

    The caller has a draft open.
    """
    for container in registries(app):
        holding.drop(container, lambda _, item: is_code_of(item, module))


def forget_in(write: Write, name: str, module: str, own: Sequence[object]) -> None:
    """Take a blueprint that is gone out of what an undo or redo would write.

    `name` is the one that it had, `module` the one of its code, `own` what was part of it.
    """
    cls: Any = write.target
    if write.kind is not WriteKind.TYPE_ATTRIBUTE or holding.NAMES not in vars(cls):
        return
    if write.base is MISSING or any(type(item) is cls for item in own):
        write.base = write.value
        return

    def is_gone(path: holding.Path, item: Any) -> bool:
        key = str(path[0])
        return key == name or key.startswith(f"{name}.") or is_code_of(item, module)

    write.value, write.base = (_without(value, is_gone) for value in (write.value, write.base))


def _without(value: Any, is_gone: Callable[[holding.Path, Any], bool]) -> Any:
    value = holding.copied(value)
    holding.drop(value.rules if isinstance(value, Table) else value, is_gone)
    if isinstance(value, Table):
        value.rebuild()
        value.sort()
    return value
