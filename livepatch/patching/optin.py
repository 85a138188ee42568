"""Marks: what is to be patched where only marked things are, and what is never to be patched.

A mark names a definition of a module by its dotted path; it holds for all that is inside. A
module that somebody tracks as a whole (`watch()`) is patched as a whole, marks or not.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from types import ModuleType
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary, WeakSet

from livepatch.errors import FrozenTargetError
from livepatch.model import Action, Edit, FilePlan, Note

if TYPE_CHECKING:
    from livepatch.patching.targets import Target
    from livepatch.patching.transaction import Transaction

_explicit: ContextVar[bool] = ContextVar("livepatch explicit patch", default=False)
DECORATOR = "live"


class Marks:
    """The marks of one patcher; changed by the verbs, asked while a patch is prepared."""

    def __init__(self) -> None:
        """Start with nothing marked: every tracked module is patched as a whole."""
        self._only: WeakSet[ModuleType] = WeakSet()
        self._live: WeakKeyDictionary[ModuleType, set[str]] = WeakKeyDictionary()
        self._frozen: WeakKeyDictionary[ModuleType, set[str]] = WeakKeyDictionary()
        self._looped: WeakKeyDictionary[ModuleType, set[str]] = WeakKeyDictionary()
        self._left: list[tuple[str, Edit]] = []

    def mark(self, module: ModuleType, path: str, *, loops: bool = False) -> None:
        """Have the definition at `path` patched, its loops between two iterations if so asked."""
        self._live.setdefault(module, set()).add(path)
        if loops:
            self._looped.setdefault(module, set()).add(path)

    def freeze(self, module: ModuleType, path: str) -> None:
        """Have the definition at `path`, the whole module for "", never patched."""
        self._frozen.setdefault(module, set()).add(path)

    def restrict(self, module: ModuleType) -> None:
        """Have only marked definitions of `module` patched, until somebody tracks all of it."""
        self._only.add(module)

    def widen(self, module: ModuleType) -> None:
        """Have all of `module` patched."""
        self._only.discard(module)

    def is_restricted(self, module: ModuleType) -> bool:
        """Tell whether only marked definitions of `module` are patched."""
        return module in self._only

    def restricted(self) -> list[ModuleType]:
        """Give the modules of which only marked definitions are patched."""
        return list(self._only)

    def has_live_loops(self, module: ModuleType, path: str) -> bool:
        """Tell whether the loops of the function at `path` are patched while they run."""
        return _covers(self._looped.get(module, ()), path.split("."))

    def looped(self, module: ModuleType) -> frozenset[str]:
        """Give the marked paths of `module` whose loops are patched while they run."""
        return frozenset(self._looped.get(module, ()))

    def check_not_frozen(self, target: Target) -> None:
        """Raise `FrozenTargetError` for what was frozen."""
        if _covers(self._frozen.get(target.module, ()), target.qualname.split(".")):
            reason = "it was frozen with livepatch.freeze()"
            raise FrozenTargetError(target.title, reason, "take the freeze out of the program")

    @contextmanager
    def explicitly(self) -> Iterator[None]:
        """Patch unmarked definitions too, inside the block: somebody named them."""
        token = _explicit.set(True)
        try:
            yield
        finally:
            _explicit.reset(token)

    def wants(self, module: ModuleType, edit: Edit) -> bool:
        """Tell whether `edit` is to be carried out; the filter of the patcher."""
        if edit.action is Action.RELINE:
            return True
        paths = [
            [*edit.owner, definition.name or definition.qualname]
            for definition in (edit.new, edit.old)
            if definition is not None
        ]
        frozen = self._frozen.get(module)
        if frozen and any(_covers(frozen, path) for path in paths):
            self._left.append((module.__name__, edit))
            return False
        if module not in self._only or _explicit.get():
            return True
        if edit.new is not None and says_live(edit.new.node):
            return True
        marked = self._live.get(module, ())
        return any(_covers(marked, path) for path in paths)

    def note_frozen(self, transaction: Transaction, plans: Sequence[FilePlan]) -> None:
        """Note each edit that was left out because its target is frozen; a gate that opens."""
        left, self._left = self._left, []
        for plan in plans:
            for module, edit in left:
                definition = edit.new or edit.old
                if definition is None or edit not in plan.edits:
                    continue
                message = f"{module}.{definition.qualname} is frozen; the edit was left out"
                transaction.notes.append(
                    Note("frozen", definition.qualname, plan.file, definition.line, message)
                )


def _covers(marked: set[str] | tuple[()], path: Sequence[str]) -> bool:
    """Tell whether `path`, or something around it, is marked."""
    if not marked:
        return False
    return any(".".join(path[:count]) in marked for count in range(len(path) + 1))


def says_live(node: ast.stmt) -> bool:
    """Tell whether one of the decorators of a definition is `live`, by its name."""
    for decorator in getattr(node, "decorator_list", ()):
        called = decorator.func if isinstance(decorator, ast.Call) else decorator
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name == DECORATOR:
            return True
    return False
