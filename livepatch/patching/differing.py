"""What differs between a live function and a definition, where the older text is not known."""

from __future__ import annotations

import ast
from types import CodeType, FunctionType
from typing import Any

from livepatch.diff import parts
from livepatch.model import Definition
from livepatch.runtime import functions
from livepatch.source import codes


def differing_parts(
    live: FunctionType, code: CodeType, new: Definition, *, header: bool
) -> frozenset[str]:
    """Give the parts of `new`, whose code is `code`, that `live` does not have.

    `header` says that the `def` line is known to have run in another way.
    """
    node: Any = new.node.value if new.role == "lambda" else new.node  # type: ignore[attr-defined]
    expressions = parts.defaults_of(node.args)
    values = functions.default_values(live)
    changed = {
        f"default {name}"
        for name, value in expressions.items()
        if name not in values or is_other_literal(value, values[name])
    }
    if values.keys() - expressions.keys():
        changed.add("signature")
    if not codes.same_code(live.__code__, code):
        changed |= _code_parts(live, code, node)
    if new.role != "lambda" and header:
        changed |= {"annotations"} if node.returns or _annotated(node.args) else set()
        changed |= {"decorators"} if node.decorator_list else set()
        changed |= {f"default {name}" for name in expressions}
    return frozenset(changed)


def is_other_literal(node: ast.expr, live: object) -> bool:
    """Tell whether `node` is a plain literal with a value that `live`, a plain value, is not."""
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        return False
    plain = (int, float, str, bytes, bool, type(None), complex)
    if type(value) not in plain or type(live) not in plain:
        return False
    return type(value) is not type(live) or value != live


def _code_parts(live: FunctionType, code: CodeType, node: Any) -> set[str]:
    old = live.__code__
    changed = {"body"}
    count = code.co_argcount + code.co_kwonlyargcount
    shape = ("co_argcount", "co_posonlyargcount", "co_kwonlyargcount")
    if old.co_varnames[:count] != code.co_varnames[:count] or any(
        getattr(old, name) != getattr(code, name) for name in shape
    ):
        changed.add("signature")
    if not isinstance(node, ast.Lambda):
        text = ast.get_docstring(node)
        if (text or "").split() != (live.__doc__ or "").split():
            changed.add("docstring")
    return changed


def _annotated(arguments: ast.arguments) -> bool:
    every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    every += [extra for extra in (arguments.vararg, arguments.kwarg) if extra is not None]
    return any(argument.annotation is not None for argument in every)
