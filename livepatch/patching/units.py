"""The compiled statements of one new text: code objects by definition, each compiled once."""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterable
from types import CodeType
from typing import Any

from livepatch.errors import SourceError
from livepatch.model import Definition
from livepatch.source import compiling, scopes
from livepatch.source.compiling import Place

LINES = 100
"""How many lines are compiled at once, where it is not one statement."""
Keep = Callable[[ast.stmt], ast.stmt | None]
Rewrite = Callable[[ast.stmt], ast.stmt | None]
"""Gives another form of a statement, None where it stays as it is."""


class Units:
    """Compiles the top-level statements of one text, with the name and flags of its module.

    `whole` is the code of the whole file where its loader compiles in its own way (pytest's
    assert rewriting, beartype, typeguard); code objects are then lifted out of that.
    """

    def __init__(
        self,
        file: str,
        flags: int,
        whole: CodeType | None = None,
        rewrite: Rewrite | None = None,
        expected: Iterable[Definition] = (),
    ) -> None:
        """Compile nothing yet; code objects come from what `rewrite` makes of a statement.

        The `expected` statements are compiled some together when one of them is asked for: a
        call of the compiler costs as much as a small function.
        """
        self._rewrite = rewrite
        self._groups = {id(unit): group for group in _groups(expected) for unit in group}
        self.file = file
        self.flags = flags
        self._whole = None if whole is None else compiling.codes_by_place(whole)
        self._codes: dict[int, dict[Place, list[CodeType]]] = {}
        self._kept: list[Definition] = []
        self._roots: list[CodeType] = [] if whole is None else [whole]

    def code_of(self, definition: Definition, unit: Definition) -> CodeType | None:
        """Give the code object of a function, lifted out of its top-level statement `unit`."""
        codes = self._whole
        if codes is None:
            codes = self._codes.get(id(unit))
        if codes is None:
            codes = self._compiled_with(self._groups.get(id(unit), [unit]), unit)
        return compiling.lift(codes, definition)

    def _compiled_with(
        self, group: list[Definition], unit: Definition
    ) -> dict[Place, list[CodeType]]:
        try:
            return self._compiled(group)
        except SourceError:  # on its own it says whether it is this one
            return self._compiled([unit])

    def _compiled(self, units: list[Definition]) -> dict[Place, list[CodeType]]:
        rewrite = self._rewrite or (lambda _: None)
        nodes = [rewrite(unit.node) or unit.node for unit in units]
        code = compiling.compile_statements(nodes, self.file, self.flags)
        self._roots.append(code)
        self._kept += units  # ids are only good while the object lives
        codes = compiling.codes_by_place(code)
        self._codes.update(dict.fromkeys(map(id, units), codes))
        return codes

    @property
    def is_rewritten(self) -> bool:
        """True where the loader compiles in its own way."""
        return self._whole is not None

    def statement(self, node: ast.stmt) -> CodeType:
        """Give the code that executes one top-level statement."""
        code = compiling.compile_statements([node], self.file, self.flags)
        self._roots.append(code)
        return code

    def made(self) -> set[int]:
        """Give the ids of all code objects compiled here: their lines are those of the new text."""
        return {
            id(code)
            for root in self._roots
            for codes in compiling.codes_by_place(root).values()
            for code in codes
        }

    def class_statement(
        self, unit: Definition, owner: tuple[str, ...], definition: Definition, node: ast.stmt
    ) -> CodeType | None:
        """Give the body code of the class `owner` with one statement in it.

        `node` stands in for the statement of `definition`. None where the class's body
        cannot be had on its own (it lies in a function).
        """
        target = definition.node

        def keep(child: ast.stmt) -> ast.stmt | None:
            return node if child is target else None

        shell = _shell_with(unit.node, keep)
        if shell is None:
            return None
        code = self.statement(shell)
        return compiling.class_body(code, ".".join(owner))

    def class_annotations(
        self,
        unit: Definition,
        cls: ast.stmt,
        path: tuple[str, ...],
        ran: Callable[[ast.AnnAssign], bool],
    ) -> CodeType | None:
        """Give a body code for class `path`, whose node is `cls`, that only annotates.

        `ran` tells of a statement in a branch whether it belongs to what was executed.
        """
        chosen = {id(child) for child in getattr(cls, "body", ())}

        def keep(child: ast.stmt) -> ast.stmt | None:
            if id(child) not in chosen:
                return None
            if isinstance(child, ast.AnnAssign) and child.simple:
                return scopes.without_value(child)
            inside: list[ast.stmt] = [
                scopes.without_value(found)
                for found in scopes.annotated_statements(child)
                if ran(found)
            ]
            if not inside:
                return None
            taken = ast.If(test=ast.Constant(value=True), body=inside, orelse=[])
            return ast.fix_missing_locations(ast.copy_location(taken, child))

        shell = _shell_with(unit.node, keep)
        if shell is None:
            return None
        return compiling.class_body(self.statement(shell), ".".join(path))


def _groups(units: Iterable[Definition]) -> list[list[Definition]]:
    """Give `units` in groups to compile at once; no two that share a line are in one.

    Code objects are told apart by their lines. The compiler lets no other thread run: what it
    takes at once stays below a millisecond or so.
    """
    groups: list[list[Definition]] = []
    end, lines = 0, LINES
    for unit in sorted(
        {id(unit): unit for unit in units}.values(), key=lambda unit: unit.first
    ):
        length = unit.end - unit.first + 1
        if lines + length > LINES or unit.first <= end:
            groups.append([])
            lines = 0
        groups[-1].append(unit)
        lines += length
        end = max(end, unit.end)
    return groups


def _shell_with(node: ast.stmt, keep: Keep) -> ast.stmt | None:
    """Give the innermost top-level class around what `keep` takes, filtered."""
    if isinstance(node, ast.ClassDef):
        return compiling.filtered(node, keep)
    for child in ast.walk(node):
        if isinstance(child, ast.ClassDef):
            inner = compiling.filtered(child, keep)
            if not _is_empty(inner):
                return inner
    return None


def _is_empty(node: ast.ClassDef) -> bool:
    return len(node.body) == 1 and isinstance(node.body[0], ast.Pass)


def template_node(
    node: ast.stmt, *, capture: str, fresh: frozenset[str], decorators: bool
) -> ast.stmt:
    """Give the `def` (or lambda statement) so that executing it hands over a bare function.

    `capture` is the name of the decorator that takes the function, innermost. Defaults that
    are not in `fresh` become None, since their expression is not to be evaluated again. With
    `decorators` those of the text stay.
    """
    clone: Any = copy.copy(node)
    decorator = ast.Name(id=capture, ctx=ast.Load())
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        place = node.decorator_list[0] if node.decorator_list else node
        ast.copy_location(decorator, place)
        kept = list(node.decorator_list) if decorators else []
        clone.decorator_list = [*kept, decorator]
        clone.args = _with_defaults(node.args, fresh)
        return ast.fix_missing_locations(clone)  # type: ignore[no-any-return]
    value: Any = copy.copy(clone.value)
    value.args = _with_defaults(value.args, fresh)
    call = ast.Call(func=decorator, args=[value], keywords=[])
    clone.value = ast.copy_location(call, value)
    return ast.fix_missing_locations(clone)  # type: ignore[no-any-return]


def _with_defaults(arguments: ast.arguments, fresh: frozenset[str]) -> ast.arguments:
    clone = copy.copy(arguments)
    positional = [*arguments.posonlyargs, *arguments.args]
    named = positional[len(positional) - len(arguments.defaults) :]
    clone.defaults = [
        value if arg.arg in fresh else _nothing(value)
        for arg, value in zip(named, arguments.defaults, strict=True)
    ]
    clone.kw_defaults = [
        value if value is None or arg.arg in fresh else _nothing(value)
        for arg, value in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    ]
    return clone


def _nothing(value: ast.expr) -> ast.expr:
    return ast.copy_location(ast.Constant(value=None), value)
