"""Functions defined inside a function: where the text has them, and what their heads read."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass

from livepatch.source import scopes

Function = ast.FunctionDef | ast.AsyncFunctionDef
Place = tuple[str, int]  # name, first line below that of the outer definition


@dataclass(frozen=True, slots=True)
class NewAnnotations:
    """The annotations of an inner function in a new text, where they are other than before.

    `node` is its `def` with nothing else; `names` are variables of the scopes around it.
    """

    node: Function
    names: frozenset[str]


def new_annotations(
    old: ast.stmt, old_place: Place, new: ast.stmt, new_place: Place
) -> NewAnnotations | None:
    """Compare the annotations of functions inside `old` and `new`, by name and line therein."""
    before, after = _way_to(old, old_place), _way_to(new, new_place)
    if not before or not after:
        return None
    function = after[-1]
    annotations = _annotations(function)
    if not isinstance(function, Function) or _dump(before[-1]) == _dump(function):
        return None
    read = scopes.read_names(annotations.values())
    return NewAnnotations(_bare(function), read & _bound_around(after))


def _way_to(root: ast.stmt, place: Place) -> list[ast.AST]:
    """Give the nodes from `root` down to the function at `place`, none where there is none."""
    name, line = place
    start = _first_line(root)

    def way(node: ast.AST) -> list[ast.AST]:
        is_it = isinstance(node, Function) and node.name == name
        if is_it and _first_line(node) - start == line:
            return [node]
        for child in ast.iter_child_nodes(node):
            below = way(child)
            if below:
                return [node, *below]
        return []

    return way(root)


def _first_line(node: ast.AST) -> int:
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    lines: list[int] = [part.lineno for part in (node, *decorators)]  # type: ignore[attr-defined]
    return min(lines)


def _arguments(node: ast.AST) -> Iterator[ast.arg]:
    arguments: ast.arguments | None = getattr(node, "args", None)
    if arguments is not None:
        yield from (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)
        yield from (each for each in (arguments.vararg, arguments.kwarg) if each is not None)


def _annotations(node: ast.AST) -> dict[str, ast.expr]:
    found = {each.arg: each.annotation for each in _arguments(node) if each.annotation}
    returns: ast.expr | None = getattr(node, "returns", None)
    return found if returns is None else {**found, "return": returns}


def _dump(node: ast.AST) -> dict[str, str]:
    return {name: ast.dump(value) for name, value in _annotations(node).items()}


def _bare(node: Function) -> Function:
    """Give the function without decorators and body, its defaults put aside."""
    clone = copy.copy(node)
    clone.decorator_list = []
    clone.body = [ast.copy_location(ast.Pass(), node)]
    clone.args = copy.copy(node.args)
    clone.args.defaults = [_nothing(value) for value in node.args.defaults]
    clone.args.kw_defaults = [value and _nothing(value) for value in node.args.kw_defaults]
    return clone


def _nothing(value: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Constant(value=None), value)


def _bound_around(way: list[ast.AST]) -> frozenset[str]:
    """Give what the scopes bind in which the head of the last function of `way` is evaluated."""
    found: set[str] = set()
    for node in way[:-1]:
        if isinstance(node, Function) or node is way[-2]:
            found |= {each.arg for each in _arguments(node)}
            body: list[ast.stmt] = getattr(node, "body", [])
            for statement in body:
                found |= scopes.bound_names(statement)
        parameters: list[ast.AST] = getattr(node, "type_params", [])
        found |= {each.name for each in parameters}  # type: ignore[attr-defined]
    for node in way[:-1]:
        found -= _declared_global(node)
    return frozenset(found)


def _declared_global(node: ast.AST) -> set[str]:
    body: list[ast.stmt] = getattr(node, "body", []) if isinstance(node, Function) else []
    return {name for each in body if isinstance(each, ast.Global) for name in each.names}
