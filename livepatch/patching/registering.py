"""What definitions have registered with a library (routes, handlers), kept in step with a patch.

A decorator that runs again registers its function again; a function that is gone has to be
forgotten by whom it was given to. A `Registrar` knows one library and lives for one transaction:
it takes back what the old definitions registered before any new one is executed (a view that
moves to another file must not clash with itself), and lets registrations happen on copies.
"""

from __future__ import annotations

import ast
import importlib
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import FunctionType, ModuleType
from typing import Any, Protocol

from livepatch.model import Action, Definition, Edit, Kind, Note, Write

LIBRARIES = {
    "flask": "livepatch.hosting.flask_routes",
    "starlette": "livepatch.ext.starlette",
    "click": "livepatch.ext.click_commands",
}
"""Modules of libraries, and where the registrar for each is; imported once the program uses it."""

SHAPE = frozenset({"decorators", "signature", "annotations", "kind", "name", "docstring"})
"""The parts of a function that a library may have looked at when it was registered."""


class Carrier(Protocol):
    """The transaction, as far as a registrar has to do with it."""

    notes: list[Note]
    inverse: list[Write]

    def add(self, writes: Iterable[Write]) -> None:
        """Carry out `writes` with the commit."""

    def carry_out_now(self, writes: list[Write]) -> None:
        """Carry out `writes` at once; only this thread sees it."""

    def flush(self) -> None:
        """Carry out all that waits for the commit; only this thread sees it."""


@dataclass(frozen=True, slots=True)
class Step:
    """An edit that may register something, or take it back.

    `functions` are the live functions of the old definition and `value` is what stands under
    its name. `line_of` gives the line in the new text for a line in the old one.
    """

    module: ModuleType
    edit: Edit
    functions: tuple[FunctionType, ...]
    value: Any
    names: Callable[[str], Any]
    files: frozenset[str]
    line_of: Callable[[int], int]


class Registrar(Protocol):
    """Keeps one library in step with one transaction."""

    def open(self, steps: list[Step]) -> frozenset[int]:
        """Take back what the old definitions registered; let new ones register.

        Gives the ids of the edits whose decorators have to run again though they are as before.
        """

    def has_taken_back(self, edit: Edit) -> bool:
        """Tell whether nothing is left of what the old statement of `edit` has done."""

    def adopt(self, old: object, new: object) -> bool:
        """Have `old` become what `new` is, if they are objects of the library that others hold."""

    def replaced(self, made: object, final: object) -> None:
        """Have `final` registered instead of `made`, which becomes nobody's."""

    def finish(self) -> None:
        """Have everything ready for the commit."""

    def close(self) -> None:
        """Let nobody register any more; called whatever happened."""


class Registrars:
    """The registrars that a transaction needs: none, for most."""

    def __init__(self) -> None:
        """Need none."""
        self._active: list[Registrar] = []
        self._again: set[int] = set()

    def open(self, carrier: Carrier, make_steps: Callable[[], list[Step]]) -> None:
        """Begin, if one of the libraries is there and some step may concern it."""
        modules = [home for name, home in LIBRARIES.items() if name in sys.modules]
        if not modules:
            return
        steps = make_steps()
        if not steps:
            return
        for home in modules:
            registrar: Registrar = importlib.import_module(home).registrar(carrier)
            self._active.append(registrar)
            self._again |= registrar.open(steps)

    def run_again(self, edit: Edit) -> bool:
        """Tell whether the decorators of a definition run again though they did not change."""
        return id(edit) in self._again

    def has_taken_back(self, edit: Edit) -> bool:
        """Tell whether nothing is left of what the old statement of `edit` has done."""
        return any(registrar.has_taken_back(edit) for registrar in self._active)

    def adopt(self, old: object, new: object) -> bool:
        """Tell whether `old` stays, since it becomes what `new` is."""
        return any(registrar.adopt(old, new) for registrar in self._active)

    def replaced(self, made: object, final: object) -> None:
        """Tell all that `final` stands for `made`."""
        for registrar in self._active:
            registrar.replaced(made, final)

    def finish(self) -> None:
        """Have everything ready for the commit."""
        for registrar in self._active:
            registrar.finish()

    def close(self) -> None:
        """End what `open` began."""
        for registrar in self._active:
            registrar.close()
        self._active.clear()


def concerns(edit: Edit) -> bool:
    """Tell whether an edit may register something with a library, or have done so."""
    if edit.action is Action.RELINE:
        return False
    if edit.action is Action.UPDATE:
        return bool(edit.parts & SHAPE) or any(" " in part for part in edit.parts)
    found = [d for d in (edit.old, edit.new) if d is not None]
    if all(_is_docstring(d) for d in found):
        return False  # a search of the heap for it would hold all threads up
    if edit.owner or edit.action is Action.REMOVE:
        return True
    return any(may_register(d) for d in found)


def _is_docstring(definition: Definition) -> bool:
    node = definition.node
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def may_register(definition: Definition) -> bool:
    """Tell whether something runs as `definition` is executed: a decorator, an import, a call."""
    node = definition.node
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return bool(node.decorator_list)
    if isinstance(node, ast.Import | ast.ImportFrom):
        return True
    return definition.kind is not Kind.GUARD and any(
        isinstance(inner, ast.Call) for inner in ast.walk(node)
    )


def line_mover(cut: int, delta: int, lines: Mapping[int, int]) -> Callable[[int], int]:
    """Give the function that turns a line of the old text into one of the new."""

    def line_of(line: int) -> int:
        return lines.get(line, line + delta if line > cut else line)

    return line_of
