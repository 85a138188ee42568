"""What a piece of source registers with Flask, as far as its text tells."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from flask.sansio.scaffold import Scaffold

from livepatch.model import MISSING

Names = Callable[[str], Any]
ROUTES: Final = frozenset({"route", "get", "post", "put", "delete", "patch", "add_url_rule"})
UNKNOWN: Final = object()
"""The value of an expression that cannot be told without running it."""


@dataclass(frozen=True, slots=True)
class Registration:
    """A call of a method of an application or blueprint; values may be `UNKNOWN`."""

    scaffold: Any
    method: str
    arguments: tuple[Any, ...]
    keywords: dict[str, Any]

    @property
    def rule(self) -> Any:
        """The rule of a route, None for what is no route."""
        if self.method not in ROUTES:
            return None
        return self.arguments[0] if self.arguments else self.keywords.get("rule", UNKNOWN)

    @property
    def endpoint(self) -> Any:
        """The endpoint that is named, None where none is."""
        rest = self.arguments[1:2] if self.method == "add_url_rule" else ()
        return rest[0] if rest else self.keywords.get("endpoint")


def in_decorators(node: ast.AST, names: Names) -> tuple[Registration, ...]:
    """Give what the decorators of a definition register by themselves."""
    found = []
    for decorator in getattr(node, "decorator_list", ()):
        call = decorator if isinstance(decorator, ast.Call) else None
        registration = _registration(call.func if call else decorator, call, names)
        if registration is not None:
            found.append(registration)
    return tuple(found)


def in_statement(node: ast.AST, names: Names) -> tuple[Registration, ...]:
    """Give what a statement registers, calls inside loops and conditions included."""
    found = []
    for inner in ast.walk(node):
        if isinstance(inner, ast.Call):
            registration = _registration(inner.func, inner, names)
            if registration is not None:
                found.append(registration)
    return tuple(found)


def _registration(
    function: ast.expr, call: ast.Call | None, names: Names
) -> Registration | None:
    if not isinstance(function, ast.Attribute):
        return None
    scaffold = value_of(function.value, names)
    if not isinstance(scaffold, Scaffold):
        return None
    arguments = tuple(value_of(node, names) for node in call.args) if call else ()
    keywords = {
        keyword.arg: value_of(keyword.value, names)
        for keyword in (call.keywords if call else ())
        if keyword.arg is not None
    }
    return Registration(scaffold, function.attr, arguments, keywords)


def value_of(node: ast.expr, names: Names) -> Any:
    """Give the value of an expression that runs no code of the program, else `UNKNOWN`."""
    match node:
        case ast.Constant():
            return node.value
        case ast.Name():
            value = names(node.id)
            return UNKNOWN if value is MISSING else value
        case ast.Attribute():
            return _attribute(value_of(node.value, names), node.attr)
        case ast.List() | ast.Tuple():
            values = [value_of(item, names) for item in node.elts]
            return UNKNOWN if UNKNOWN in values else values
        case ast.Call(
            func=ast.Attribute(attr="as_view"), args=[ast.Constant(value=str(name)), *_]
        ):
            return type("View", (), {"__name__": name})  # only its name is of interest
    return UNKNOWN


def _attribute(holder: Any, name: str) -> Any:
    try:
        own = object.__getattribute__(holder, "__dict__")
    except AttributeError:
        return UNKNOWN
    return own.get(name, UNKNOWN)
