"""Syntax tree to definitions.

Invariant: two definitions with equal `text` in equal surroundings have equal syntax trees, so
that comparing texts comes first and trees are only dumped where texts differ.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from livepatch.model import Definition, Kind, QualName
from livepatch.source import scopes

Function = ast.FunctionDef | ast.AsyncFunctionDef
COMPOUND = (
    ast.If, ast.Try, ast.TryStar, ast.For, ast.AsyncFor, ast.While, ast.With, ast.AsyncWith,
    ast.Match,
)  # fmt: skip


class Lines:
    """The lines of a text region that starts at line `offset` + 1 of its file."""

    def __init__(self, text: str, offset: int) -> None:
        """Split at newlines only: form feeds are white space to Python."""
        self._lines = text.split("\n")
        self._offset = offset

    def slice(self, first: int, end: int) -> str:
        """Give lines `first` to `end` (1-based, in the file), joined."""
        return "\n".join(self._lines[first - 1 - self._offset : end - self._offset])


def outline(
    body: Sequence[ast.stmt], lines: Lines, prefix: str = "", mangle: str = ""
) -> tuple[Definition, ...]:
    """Give one definition per statement of `body`, in order.

    `prefix` is the qualified name of the enclosing class with its dot, `mangle` the bare
    name of that class for private names.
    """
    return tuple(_define(node, lines, prefix, mangle) for node in body)


def first_line(node: ast.stmt) -> int:
    """Give the line of the first decorator, or of the statement."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    if not decorators:
        return node.lineno
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def _define(node: ast.stmt, lines: Lines, prefix: str, mangle: str) -> Definition:
    first = first_line(node)
    end = node.end_lineno or node.lineno
    text = lines.slice(first, end)
    name, kind, role = _classify(node)
    binds = scopes.bound_names(node)
    if mangle:
        binds = frozenset(scopes.mangled(bound, mangle) for bound in binds)
    children: tuple[Definition, ...] = ()
    qualname = prefix + name
    if isinstance(node, ast.ClassDef):
        children = outline(node.body, lines, f"{qualname}.", node.name)
    elif isinstance(node, COMPOUND):
        nested = nested_definitions(node)
        children = tuple(_define(child, lines, prefix, mangle) for child in nested)
    if not name:
        qualname = next(iter(sorted(binds)), "") or text.split("\n", 1)[0].strip()[:60]
        qualname = prefix + qualname
    return Definition(
        QualName(qualname), scopes.mangled(name, mangle), kind, role, first, node.lineno, end,
        text, binds, node, children,
    )  # fmt: skip


def _classify(node: ast.stmt) -> tuple[str, Kind, str]:  # noqa: PLR0911
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return node.name, Kind.FUNCTION, role_of(node)
        case ast.ClassDef():
            return node.name, Kind.CLASS, ""
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
            return name, Kind.FUNCTION, "lambda"
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Lambda()):
            return name, Kind.FUNCTION, "lambda"
        case ast.Import() | ast.ImportFrom():
            return "", Kind.IMPORT, ""
        case ast.If() if is_main_guard(node.test):
            return "", Kind.GUARD, ""
        case _:
            return "", Kind.STATEMENT, ""


def role_of(node: Function) -> str:
    """Give what tells a function from its siblings of one name (setter, overload), or ""."""
    for decorator in node.decorator_list:
        match decorator:
            case ast.Attribute(value=ast.Name(id=owner), attr=role) if owner == node.name:
                return role
            case ast.Name(id="overload") | ast.Attribute(attr="overload"):
                return "overload"
    return ""


def is_main_guard(test: ast.expr) -> bool:
    """Tell whether `test` compares `__name__` with "__main__" for equality."""
    match test:
        case ast.Compare(left=left, ops=[ast.Eq()], comparators=[right]):
            for one, other in ((left, right), (right, left)):
                if isinstance(one, ast.Name) and one.id == "__name__":
                    return isinstance(other, ast.Constant) and other.value == "__main__"
        case ast.BoolOp(op=ast.And(), values=values):
            return any(is_main_guard(value) for value in values)
    return False


def nested_definitions(node: ast.stmt) -> Iterator[ast.stmt]:
    """Give the functions, named lambdas and classes that a compound statement defines."""
    for child in inner_statements(node):
        match child:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield child
            case ast.Assign(targets=[ast.Name()], value=ast.Lambda()):
                yield child
            case _ if isinstance(child, COMPOUND):
                yield from nested_definitions(child)


def inner_statements(node: ast.AST) -> Iterator[ast.stmt]:
    """Give the statements directly inside a compound statement, in order."""
    for field in ("body", "handlers", "cases", "orelse", "finalbody"):
        for child in getattr(node, field, ()):
            if isinstance(child, ast.stmt):
                yield child
            else:  # an except handler or a case
                yield from inner_statements(child)


def walk(definitions: Sequence[Definition]) -> Iterator[Definition]:
    """Give all of `definitions` and their children, depth first."""
    for definition in definitions:
        yield definition
        yield from walk(definition.children)
