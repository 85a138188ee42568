"""Functions and classes defined again at a prompt or in a cell: the older object stays."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable
from types import FunctionType
from typing import Any

from livepatch.errors import SourceError
from livepatch.model import Definition
from livepatch.patching.patcher import Patcher
from livepatch.patching.redefine import Redefinition, is_redefinition, redefine
from livepatch.source.regions import outline_of
from livepatch.source.scopes import DEFINITIONS

HOOK = "__livepatch_redefined__"
"""The name under which a cell calls `Cells.adopt`, right after each definition."""


class Cells:
    """Knows what each name was, and lets it become what it is now; `is_on` switches that."""

    def __init__(self, patcher: Patcher, namespace: Callable[[], dict[str, Any]]) -> None:
        """Be off."""
        self.is_on = False
        self._patcher = patcher
        self._namespace = namespace
        self._before: dict[str, object] = {}
        self._texts: dict[str, Definition] = {}
        self._new_texts: dict[str, Definition] = {}
        self._file = "<prompt>"

    def snapshot(self) -> None:
        """Note which functions and classes the names stand for now."""
        self._before = {
            name: value
            for name, value in self._namespace().items()
            if isinstance(value, FunctionType | type)
        }

    def read(self, text: str, file: str) -> list[str]:
        """Note the definitions of a cell; give the names that it defines once, at its top level."""
        self.snapshot()
        self._file = file
        try:
            found = outline_of(text, file)
        except SourceError:
            return []  # magics, or no Python: the cell says so itself
        self._new_texts = {d.name: d for d in found if d.name}
        counts = Counter(name for definition in found for name in definition.binds)
        return [d.name for d in found if d.name and counts[d.name] == 1 and d.role == ""]

    def learn(self, texts: list[str]) -> None:
        """Note the definitions of earlier cells, whose texts these are."""
        for text in texts:
            try:
                found = outline_of(text, self._file)
            except SourceError:
                continue
            self._texts |= {d.name: d for d in found if d.name}

    def adopt(self, name: str, new: object) -> object:
        """Give the object for `name`, which was just defined as `new`: the older one if it can be."""
        namespace = self._namespace()
        old = self._before.get(name)
        after = self._new_texts.get(name)
        item = Redefinition(name, old, new, self._texts.get(name), after)
        if after is not None:
            self._texts[name] = after
        if not self.is_on or not is_redefinition(old, new):
            return new
        redefine(self._patcher, namespace, [item], self._file)
        return namespace.get(name, new)

    def adopt_changes(self) -> None:
        """Let the names that were redefined since the last `snapshot` keep their older objects."""
        if not self.is_on:
            return
        namespace = self._namespace()
        found = [
            Redefinition(name, old, namespace[name])
            for name, old in self._before.items()
            if name in namespace and is_redefinition(old, namespace[name])
        ]
        found = [item for item in found if _is_made_at_a_prompt(item.new)]
        if found:
            redefine(self._patcher, namespace, found, self._file)
        self.snapshot()


def _is_made_at_a_prompt(value: object) -> bool:
    """Tell whether a function, or a class by its methods, was not made from a file."""
    if isinstance(value, FunctionType):
        return value.__code__.co_filename.startswith("<")
    return getattr(value, "__module__", None) == "__main__"


class CellTransformer(ast.NodeTransformer):
    """Has a cell hand each definition to `Cells.adopt`, as soon as it is made."""

    def __init__(self, names: Callable[[], list[str]]) -> None:
        """Touch the definitions of `names`, asked for per cell."""
        self._names = names

    def visit_Module(self, node: ast.Module) -> ast.Module:
        """Give the cell with a call after each definition that its names allow."""
        names = self._names()
        body: list[ast.stmt] = []
        for statement in node.body:
            body.append(statement)
            if isinstance(statement, DEFINITIONS) and statement.name in names:
                body.append(_hand_over(statement))
        node.body = body
        return node


def _hand_over(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> ast.stmt:
    call = ast.Call(
        ast.Name(HOOK, ast.Load()),
        [ast.Constant(node.name), ast.Name(node.name, ast.Load())],
        [],
    )
    made = ast.Assign([ast.Name(node.name, ast.Store())], call)
    return ast.fix_missing_locations(ast.copy_location(made, node))
