"""What a removed definition has left in objects that stay: accessors, registered functions."""

from __future__ import annotations

from types import FunctionType
from typing import Any

from livepatch.model import (
    MISSING,
    Change,
    ChangeKind,
    Definition,
    Edit,
    Kind,
    Write,
    WriteKind,
)  # fmt: skip
from livepatch.patching import dispatching
from livepatch.patching.site import Scope, Site, tell_name
from livepatch.patching.transaction import CodePair
from livepatch.runtime import classes, epochs, lookup

ACCESSORS = {"getter": 0, "setter": 1, "deleter": 2}


def take_out(site: Site, scope: Scope, edit: Edit) -> bool:
    """Take a removed function out of the property or dispatcher that holds it; tell if it was."""
    old = edit.old
    if old is None:
        return False
    value = scope.get(old.name)
    if old.role in ACCESSORS and isinstance(value, property):
        parts: list[Any] = [value.fget, value.fset, value.fdel]
        parts[ACCESSORS[old.role]] = None
        site.transaction.flush()  # the docstring to copy may be about to change
        remaining = property(parts[0], parts[1], parts[2], value.__doc__)
        tell_name(scope, old.name, site.bind(scope, old.name, remaining, made=False))
    elif not unregister(site, scope, old):
        return False
    change = Change(
        ChangeKind.REMOVED, f"{old.qualname} ({old.role or 'registered'})", site.tracked.file,
        old.line, site.module.__name__,
    )  # fmt: skip
    site.transaction.changes.append(change)
    return True


def unregister(site: Site, scope: Scope, old: Definition) -> bool:
    """Take the function of `old` out of the registry of its single-dispatch function."""
    accept = site.accepts(old)
    found = False
    for dispatcher, registry in dispatching.registries(old.node, scope.get):
        for kind, function in list(registry.items()):
            if type(function) is FunctionType and accept(function.__code__):
                gone = Write(WriteKind.ITEM, registry, kind, MISSING)
                site.transaction.add([gone, dispatching.cleared(dispatcher)])
                found = True
    return found


def farewell(site: Site, scope: Scope, edit: Edit, value: object) -> None:
    """Have whoever holds the code of a removed function told, if somebody unknown holds it."""
    old = edit.old
    if old is None or old.kind is not Kind.FUNCTION:
        return
    namespace, owner, name = vars(site.module), scope.owner, old.name

    def is_bound() -> bool:  # the history keeps it: it holds nothing of the transaction
        names = namespace if owner is None else classes.namespace_of(owner)
        return names.get(name) is value

    for function in lookup.functions_in(value, site.accepts(old))[:1]:
        code = epochs.plain_code(function)
        held = site.tracked.is_held_by_root(code)
        place = (site.tracked.file, str(old.qualname), old.line)
        pair = CodePair(code, code, 1 + held, (function,), place)
        site.transaction.gone.append((pair, is_bound))
