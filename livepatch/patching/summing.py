"""What sums up the body of a class, brought up to date after edits in place of the body."""

from __future__ import annotations

import abc
import re

from livepatch import interp
from livepatch.model import MISSING, Action, Edit, Write, WriteKind
from livepatch.patching.bodies import find
from livepatch.patching.classes import Path
from livepatch.patching.site import Site
from livepatch.runtime import classes
from livepatch.source import scopes

_SELF = re.compile(r"\bself[\s\\]*\.")


def after_body_edits(site: Site) -> None:
    """Prepare what edits in place leave to do on classes: what sums up their bodies."""
    if interp.CLASS_STATIC_ATTRIBUTES:
        for path in dict.fromkeys(edit.owner for edit in site.plan.edits if _is_of_self(edit)):
            _update_static_attributes(site, path)
    for path in dict.fromkeys(edit.owner for edit in site.plan.edits if _is_comparison(edit)):
        _update_hash(site, path)
    members = [edit for edit in site.plan.edits if _changes_checks(edit)]
    if members:
        only_more = all(edit.action is Action.ADD for edit in members)
        site.transaction.add([classes.checks_update(only_more=only_more)])
    for edit in site.plan.edits:
        scope = site.scope_of(edit.owner) if edit.owner else None
        if scope is None or not isinstance(scope.owner, abc.ABCMeta):
            continue
        if edit.action in {Action.ADD, Action.REMOVE} or "decorators" in edit.parts:
            update = classes.abstract_update(scope.owner)
            if update is not None:
                site.transaction.add([update])


def _is_of_self(edit: Edit) -> bool:
    """Tell whether an edit inside a class may change which attributes are assigned on `self`."""
    found = [d for d in (edit.old, edit.new) if d is not None]
    return bool(edit.owner) and any(_SELF.search(definition.text) for definition in found)


def _changes_checks(edit: Edit) -> bool:
    """Tell whether an abstract class may take other objects for its instances after `edit`."""
    definition = edit.new or edit.old
    if edit.action is Action.HEADER:
        return True
    if not edit.owner or definition is None:
        return False
    return (
        edit.action in {Action.ADD, Action.REMOVE, Action.RENAME}
        or definition.name == "__subclasshook__"
    )


def _is_comparison(edit: Edit) -> bool:
    definition = edit.new or edit.old
    return (
        bool(edit.owner)
        and definition is not None
        and bool({"__eq__", "__hash__"} & definition.binds)
    )


def _update_hash(site: Site, path: Path) -> None:
    """Let the class be unhashable where its body defines `__eq__` alone, as `class` does it."""
    scope = site.scope_of(path)
    definition = find(site.plan.new, path)
    if scope is None or scope.owner is None or definition is None:
        return
    bound = frozenset().union(*(child.binds for child in definition.children))
    now = scope.get("__hash__")
    if "__hash__" in bound:
        return
    wanted = None if "__eq__" in bound else MISSING
    if wanted is not now and now in {None, MISSING}:
        write = Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, "__hash__", wanted)
        site.transaction.add([write])


def _update_static_attributes(site: Site, path: Path) -> None:
    """Let the class say which attributes its methods assign on `self` now."""
    scope, definition = site.scope_of(path), find(site.plan.new, path)
    if scope is None or scope.owner is None or definition is None:
        return
    now = scopes.static_attributes(definition.node)
    live = scope.namespace.get("__static_attributes__")
    if isinstance(live, tuple) and set(live) != now:
        write = Write(
            WriteKind.TYPE_ATTRIBUTE, scope.owner, "__static_attributes__", tuple(sorted(now))
        )
        site.transaction.add([write])
