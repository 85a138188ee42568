"""Whose something is that was registered with Flask: told by identity, wrappers included."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import FunctionType
from typing import Any, Final

from flask import Flask

from livepatch.hosting.flask_draft import HOOKS, cells_of
from livepatch.hosting.flask_table import Table
from livepatch.model import MISSING, Write, WriteKind
from livepatch.patching.owning import attribute_of, content_of
from livepatch.runtime import holding

LISTS: Final = (*HOOKS, "teardown_appcontext_funcs", "shell_context_processors")


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


def rule_of(deferred: Any) -> Any:
    """Give the rule that a blueprint's deferred function adds, None where it adds none."""
    cells = cells_of(deferred)
    return (
        content_of(cells["rule"]) if {"rule", "endpoint", "view_func"} <= cells.keys() else None
    )


def is_owned(item: Any, owned: frozenset[int], rules: set[str] | None) -> bool:
    """Tell whether something registered is one of `owned`, or was deferred on its behalf."""
    if id(item) in owned or id(attribute_of(item, "callback")) in owned:
        return True
    if not isinstance(item, FunctionType) or "sansio" not in item.__code__.co_filename:
        return False
    cells = {name: content_of(cell) for name, cell in cells_of(item).items()}
    if not any(id(value) in owned for value in cells.values()):
        inner = cells.get("func")
        return isinstance(inner, FunctionType) and is_owned(inner, owned, rules)
    return rules is None or "rule" not in cells or cells["rule"] in rules


def is_code_of(item: Any, module: str) -> bool:
    """Tell whether something registered is a function defined in `module` or below."""
    function = item if isinstance(item, FunctionType) else attribute_of(item, "callback")
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
