"""Functions and classes that moved to another file of the same patch: who holds them follows.

A function that is held calls the one in the new place (it looks names up in the old module, so
it cannot become the new one); a class stays the object it is, its methods those of the new
place, where CPython allows that.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from types import FunctionType
from typing import Any

from livepatch.diff.match import match
from livepatch.diff.parts import same_tree
from livepatch.model import (
    MISSING,
    Action,
    ChangeKind,
    Definition,
    Edit,
    Kind,
    Write,
    WriteKind,
)
from livepatch.patching import classes, functions, statements, takeover
from livepatch.patching.site import Site
from livepatch.runtime import functions as live


def expect(sites: Sequence[Site]) -> None:
    """Let each site know which of its new definitions come from another one."""
    if len(sites) < 2:  # noqa: PLR2004  nothing to move between
        return
    for site in sites:
        for edit in site.plan.edits:
            new = edit.new
            if edit.action is Action.ADD and not edit.owner and new is not None:
                origin = _origin(site, new, sites)
                if origin is not None:
                    site.arrivals[new.name] = origin


def _origin(
    site: Site, new: Definition, sites: Sequence[Site]
) -> tuple[Definition, str, Any] | None:
    for other in sites:
        if other.tracked is site.tracked:
            continue
        for edit in other.plan.edits:
            old = edit.old
            if old is None or old.name != new.name or old.kind is not new.kind or edit.owner:
                continue
            if edit.action is not Action.REMOVE or other.scope.get(old.name) is MISSING:
                continue
            if old.text == new.text or _imports(other, new.name, site.module.__name__):
                return old, other.module.__name__, other.scope.get(old.name)
    return None


def _imports(site: Site, name: str, module: str) -> bool:
    """Tell whether the new text of `site` takes `name` from a module that may be `module`."""
    last = module.rpartition(".")[2]
    return any(
        isinstance(definition.node, ast.ImportFrom)
        and name in definition.binds
        and (definition.node.module or last).rpartition(".")[2] == last
        for definition in site.plan.new
    )


def add(site: Site, edit: Edit) -> None:
    """Execute a new function or class; one that moved here takes over from the old place."""
    new, unit = edit.new, edit.unit
    origin = site.arrivals.get(new.name) if new is not None and not edit.owner else None
    if origin is None or new is None or unit is None or site.scope.get(new.name) is not MISSING:
        statements.add(site, edit)
        return
    made = site.run(new.node, unit, new, site.scope).get(new.name, MISSING)
    before, home, old = origin
    if isinstance(old, type) and isinstance(made, type):
        made = _moved_class(site, before, new, old, made)
    elif isinstance(old, FunctionType) and isinstance(made, FunctionType):
        site.transaction.add(_forwarding(old, made))
    else:
        takeover.taken_over(site, site.scope, new, old, made)
    statements.bind(site, site.scope, new.name, made, made=False, fresh=False)
    change = functions.change(site, ChangeKind.RENAMED, edit, f"moved from {home}")
    site.transaction.changes.append(change)


def _forwarding(old: FunctionType, made: FunctionType) -> list[Write]:
    """Give the writes that have `old` call `made`, and show its signature and text."""
    return [
        *live.forward(old, made),
        Write(WriteKind.ITEM, vars(old), "__wrapped__", made),
        Write(WriteKind.ATTRIBUTE, old, "__doc__", made.__doc__),
    ]


def _moved_class(
    site: Site, before: Definition, new: Definition, old: type, made: type
) -> type:
    """Give the class to bind: the old one with all that the new one has, if it can be."""
    keep = frozenset(
        name
        for one, other in match(before.children, new.children)
        if one is not None and other is not None and one.kind is Kind.STATEMENT
        if same_tree(one, other)
        for name in other.binds
    )
    module = Write(WriteKind.TYPE_ATTRIBUTE, old, "__module__", made.__module__)
    if classes.transplanted(site, old, made, keep, new) is old:
        site.transaction.add([module])
        return old
    classes.replace(site, site.scope, old, made, keep, new)
    return made
