"""Adds a decorator to definitions of a whole text, as if its author had written it there."""

from __future__ import annotations

import ast
from collections.abc import Mapping

from livepatch.source.outlining import functions_in
from livepatch.source.templates import at


def decorated(tree: ast.Module, names: Mapping[str, str]) -> frozenset[str]:
    """Give each function of a qualified name in `names` a decorator, innermost; in place.

    The values of `names` are the names of the decorators. Gives the functions that were found.
    """
    found = set()
    for unit in tree.body:
        for qualname, function in functions_in(unit):
            if qualname in names:
                place = function.decorator_list[0] if function.decorator_list else function
                decorator: ast.expr = ast.Name(id=names[qualname], ctx=ast.Load())
                function.decorator_list.append(_on_line_of(decorator, place))
                found.add(qualname)
    return frozenset(found)


def _on_line_of(node: ast.expr, place: ast.AST) -> ast.expr:
    """Give `node` the first line of `place`: a code object begins at its first decorator."""
    node = at(node, place)
    node.end_lineno, node.end_col_offset = node.lineno, node.col_offset
    return node
