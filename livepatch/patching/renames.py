"""Definitions that only changed their name: the object stays, and is bound under the new one."""

from __future__ import annotations

from types import FunctionType

from livepatch.diff import parts
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
from livepatch.patching import functions, statements
from livepatch.patching.bodies import bare_name
from livepatch.patching.site import ANNOTATIONS, Scope, Site
from livepatch.runtime import private
from livepatch.source import scopes


def rename(site: Site, edit: Edit) -> None:
    """Bind a function or class, unchanged but for its name, under the new one."""
    old, new = edit.old, edit.new
    scope = site.scope_of(edit.owner)
    if old is None or new is None or scope is None or edit.unit is None:
        return
    value = scope.get(old.name)
    if value is MISSING or _knows_its_name(value):
        statements.add(site, edit)
    elif new.kind is Kind.CLASS:
        _rename_class(site, edit, scope, value)
    else:
        _rename_function(site, edit, scope, value)
    statements.unbind(site, scope, frozenset({old.name}), edit)


def _knows_its_name(value: object) -> bool:
    """Tell whether a descriptor was told the name under which it stands in its class."""
    return not isinstance(value, FunctionType | type) and hasattr(type(value), "__set_name__")


def _rename_function(site: Site, edit: Edit, scope: Scope, value: object) -> None:
    new, unit = edit.new, edit.unit
    if new is None or unit is None:
        return
    code = site.units.code_of(new, unit)
    targets = functions.find(site, edit, value)
    if code is None or not targets:
        statements.add(site, edit)
        return
    if site.transaction.registrars.run_again(edit):
        functions.redecorate(site, edit, scope, value, targets, code)
        value = scope.staged.get(new.name, value)
    else:
        functions.swap_all(site, edit, scope, value, targets, code)
    site.bind(scope, new.name, value, made=False)
    _report(site, edit)


def _report(site: Site, edit: Edit) -> None:
    detail = f"was {edit.old.qualname}" if edit.old is not None else ""
    change = functions.change(site, ChangeKind.RENAMED, edit, detail)
    site.transaction.changes.append(change)


def _rename_class(site: Site, edit: Edit, scope: Scope, value: object) -> None:
    """Give the class its name, and its methods code in which private names are mangled anew."""
    old, new, unit = edit.old, edit.new, edit.unit
    if old is None or new is None or unit is None:
        return
    owner = (*edit.owner, bare_name(old))
    inner = site.scope_of(owner)
    if inner is None or inner.owner is None or inner.owner is not value:
        statements.add(site, edit)
        return
    # At once: its methods are executed in the body of a class of the new name.
    name = Write(WriteKind.TYPE_ATTRIBUTE, value, "__name__", bare_name(new))
    site.transaction.carry_out_now([name, *_qualified(site, old, new, owner)])
    _rename_inside(site, old, new, edit, owner)
    before, after = bare_name(old), bare_name(new)
    _rename_private_state(site, inner.owner, before, after)
    site.bind(scope, new.name, value, made=False)
    site.rename_scope(owner, (*edit.owner, bare_name(new)))
    _report(site, edit)


def _qualified(
    site: Site, old: Definition, new: Definition, owner: tuple[str, ...]
) -> list[Write]:
    """Give the writes of the qualified names of a renamed class and of those nested in it."""
    scope = site.scope_of(owner)
    if scope is None or scope.owner is None:
        return []
    name = str(new.qualname)
    writes = [Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, "__qualname__", name)]
    for before, after in _members(old, new):
        if after.kind is Kind.CLASS:
            path = (*owner, bare_name(before))
            writes += _qualified(site, before, after, path)
    return writes


def _rename_private_state(site: Site, cls: type, old: str, new: str) -> None:
    """Let instances, slots and what the program put on the class have the new private names."""
    handled = {
        str(write.name) for write in site.transaction.pending if write.target is cls
    }  # by the statements of its body
    site.transaction.add(private.instance_writes(cls, old, new))
    site.transaction.add(
        write for write in private.class_writes(cls, old, new) if write.name not in handled
    )


def _rename_inside(
    site: Site, old: Definition, new: Definition, edit: Edit, owner: tuple[str, ...]
) -> None:
    pairs = _members(old, new)
    for before, after in pairs:
        if after.kind is Kind.FUNCTION:
            changed = parts.function_parts(before, after) | {"name"} | edit.parts
            inner = Edit(Action.RELINE, before, after, owner, edit.unit, changed)
            functions.update(site, inner)
    for before, after in pairs:  # only now: the accessors of one property share its name
        if after.kind is Kind.FUNCTION:
            _rename_private(site, before, after, owner)
        elif after.kind is Kind.CLASS:
            path = (*owner, bare_name(before))
            _rename_inside(site, before, after, edit, path)
        elif after.children:
            _rename_inside(site, before, after, edit, owner)
        for name in after.binds - before.binds if not after.name else ():
            _rename_attribute(site, old, new, name, owner)


def _members(old: Definition, new: Definition) -> list[tuple[Definition, Definition]]:
    """Give what two definitions hold that are the same but for a name: each has the same place."""
    return list(zip(old.children, new.children, strict=True))


def _rename_attribute(
    site: Site, old: Definition, new: Definition, name: str, owner: tuple[str, ...]
) -> None:
    """Give a private attribute of a renamed class the name that its methods look for."""
    scope, prefix = site.scope_of(owner), "_" + bare_name(new).lstrip("_")
    before = scopes.mangled(name.removeprefix(prefix), bare_name(old))
    notes = None if scope is None else scope.namespace.get(ANNOTATIONS)
    if isinstance(notes, dict) and before in notes:
        site.transaction.add(
            [
                Write(WriteKind.ITEM, notes, name, notes[before]),
                Write(WriteKind.ITEM, notes, before, MISSING),
            ]
        )
    value = MISSING if scope is None else scope.get(before)
    if scope is not None and scope.owner is not None and value is not MISSING:
        site.transaction.add(
            [
                Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, name, value),
                Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, before, MISSING),
                *private.descriptor_writes(value, before, name),
            ]
        )


def _rename_private(
    site: Site, before: Definition, after: Definition, owner: tuple[str, ...]
) -> None:
    scope = site.scope_of(owner)
    if scope is None or before.name == after.name:
        return
    value = scope.get(before.name)
    if value is not MISSING:
        site.bind(scope, after.name, value, made=False)
        site.transaction.add(private.descriptor_writes(value, before.name, after.name))
        statements.unbind(
            site, scope, frozenset({before.name}), Edit(Action.RENAME, before, after, owner)
        )
