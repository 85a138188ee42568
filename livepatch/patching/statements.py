"""Edits of everything that is executed: new definitions, changed statements, removals."""

from __future__ import annotations

import ast
from typing import Any

from livepatch.model import (
    MISSING, Change, ChangeKind, Definition, Edit, Kind, Note, Write, WriteKind,
)  # fmt: skip
from livepatch.patching import functions
from livepatch.patching.site import Scope, Site
from livepatch.patching.transaction import Rebinding


def add(site: Site, edit: Edit) -> None:
    """Execute a new function or class, and bind it."""
    new, unit = edit.new, edit.unit
    scope = site.scope_of(edit.owner)
    if new is None or unit is None:
        return
    if scope is None:
        refuse_scope(site, edit)
        return
    if scope.owner is None and is_rebound_below(site, new):
        return  # a later definition of this name holds
    existed = scope.get(new.name) is not MISSING
    for name, value in site.run(new.node, unit, new, scope).items():
        bind(site, scope, name, value, made=True)
    kind = ChangeKind.UPDATED if existed else ChangeKind.ADDED
    site.transaction.changes.append(functions.change(site, kind, edit, new.kind.value))


def bind(site: Site, scope: Scope, name: str, value: Any, *, made: bool) -> None:
    """Bind one name that a statement bound, and let a descriptor know its name."""
    final = site.bind(scope, name, value, made=made)
    if scope.owner is None or final is MISSING:
        return
    set_name = getattr(type(final), "__set_name__", None)
    if set_name is not None:
        set_name(final, scope.owner, name)


def refuse_scope(site: Site, edit: Edit) -> None:
    """Note that the class around a definition is not to be found."""
    definition = edit.new or edit.old
    if definition is not None:
        message = f"class {'.'.join(edit.owner)} was not found under its name; nothing was changed"
        note = Note("no-target", definition.qualname, site.tracked.file, definition.line, message)
        site.transaction.notes.append(note)


def execute(site: Site, edit: Edit) -> None:
    """Run a new or changed statement; names that the old one bound and nothing binds now go."""
    new, unit = edit.new, edit.unit
    scope = site.scope_of(edit.owner)
    if new is None or unit is None:
        return
    if scope is None:
        refuse_scope(site, edit)
        return
    if new.kind is Kind.GUARD:
        message = "code under the main guard has already run and does not run again"
        note = Note("not-rerun", new.qualname, site.tracked.file, new.line, message)
        site.transaction.notes.append(note)
        return
    if _is_docstring(site, new, scope):
        set_docstring(site, scope, new)
    else:
        for name, value in site.run(new.node, unit, new, scope).items():
            bind(site, scope, name, value, made=False)
    title = _title(new)
    change = Change(
        ChangeKind.EXECUTED, title, site.tracked.file, new.line, site.module.__name__,
        "statement run",
    )  # fmt: skip
    site.transaction.changes.append(change)
    if edit.old is not None:
        unbind(site, scope, edit.old.binds - new.binds, edit)


def _title(definition: Definition) -> str:
    first = definition.text.strip().split("\n", 1)[0]
    return first if len(first) <= 60 else f"{first[:57]}..."  # noqa: PLR2004


def _is_docstring(site: Site, new: Definition, scope: Scope) -> bool:
    node = new.node
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    del site, scope
    return isinstance(node.value.value, str)


def set_docstring(site: Site, scope: Scope, new: Definition) -> None:
    """Give the module or class its new docstring, if the statement is one."""
    value: Any = new.node.value.value  # type: ignore[attr-defined]
    if scope.owner is not None:
        body = next((d for d in _class_children(site, scope) if d.text == new.text), None)
        if body is not None:
            site.transaction.add(
                [Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, "__doc__", value)]
            )
    elif site.plan.new and site.plan.new[0] is new:
        site.transaction.add([Write(WriteKind.ITEM, vars(site.module), "__doc__", value)])


def _class_children(site: Site, scope: Scope) -> list[Definition]:
    path = scope.owner.__qualname__ if scope.owner is not None else ""
    pending = list(site.plan.new)
    while pending:
        definition = pending.pop()
        if definition.kind is Kind.CLASS and definition.qualname == path:
            return list(definition.children[:1])
        pending.extend(definition.children)
    return []


def remove(site: Site, edit: Edit) -> None:
    """Unbind what a removed definition or statement bound, unless something still binds it."""
    old = edit.old
    scope = site.scope_of(edit.owner)
    if old is None or scope is None:
        return
    if _is_docstring(site, old, scope):
        holder = vars(site.module) if scope.owner is None else None
        if holder is not None and holder.get("__doc__") == old.node.value.value:  # type: ignore[attr-defined]
            site.transaction.add([Write(WriteKind.ITEM, holder, "__doc__", None)])
        elif scope.owner is not None and scope.owner.__doc__ == old.node.value.value:  # type: ignore[attr-defined]
            site.transaction.add([Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, "__doc__", None)])
        return
    gone = unbind(site, scope, old.binds, edit)
    if gone or old.name == "":
        if not gone and not old.binds and old.kind is Kind.STATEMENT:
            message = "the statement is gone; what it did when it ran stays"
            site.transaction.notes.append(
                Note("side-effects", _title(old), site.tracked.file, old.line, message)
            )
        title = old.qualname if gone else _title(old)
        site.transaction.changes.append(
            Change(ChangeKind.REMOVED, title, site.tracked.file, old.line, site.module.__name__)
        )


def unbind(site: Site, scope: Scope, names: frozenset[str], edit: Edit) -> list[str]:
    """Remove `names` from the scope, those that no statement of the new text binds."""
    gone = []
    for name in sorted(names):
        if name == "*":
            continue
        if scope.get(name) is MISSING or is_still_bound(site, edit, name):
            continue
        old = scope.get(name)
        scope.staged.pop(name, None)
        if scope.owner is None:
            site.transaction.add([Write(WriteKind.ITEM, vars(site.module), name, MISSING)])
            site.transaction.rebound.append(Rebinding(site.module, name, old, MISSING))
        else:
            site.transaction.add([Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, name, MISSING)])
        gone.append(name)
    return gone


def is_still_bound(site: Site, edit: Edit, name: str) -> bool:
    """Tell whether some statement of the new text binds `name` in the scope of `edit`."""
    if edit.owner:
        return name in bound_in_class(site, edit.owner)
    if any(name in definition.binds for definition in site.plan.new):
        return True
    return name in site.text and name in site.names_bound_by_file()


def bound_in_class(site: Site, owner: tuple[str, ...]) -> frozenset[str]:
    """Give the names that the body of class `owner` binds in the new text."""
    definitions = site.plan.new
    for name in owner:
        found = [d for d in _with_children(definitions) if d.kind is Kind.CLASS and _bare(d) == name]
        if not found:
            return frozenset()
        definitions = found[-1].children
    return frozenset().union(*(definition.binds for definition in definitions))


def _bare(definition: Definition) -> str:
    return getattr(definition.node, "name", "")


def _with_children(definitions: tuple[Definition, ...]) -> list[Definition]:
    found = []
    for definition in definitions:
        found.append(definition)
        if definition.kind is not Kind.CLASS:
            found.extend(_with_children(definition.children))
    return found


def is_rebound_below(site: Site, new: Definition) -> bool:
    """Tell whether a definition further down binds the same name (a later `def` holds)."""
    below = False
    for definition in site.plan.new:
        if below and definition.kind in {Kind.FUNCTION, Kind.CLASS} and definition.name == new.name:
            return definition.role == new.role == ""
        below = below or definition is new
    return False

