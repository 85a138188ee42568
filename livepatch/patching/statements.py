"""Edits of everything that is executed: new definitions, changed statements, removals."""

from __future__ import annotations

import re
from typing import Any

from livepatch.diff import parts
from livepatch.model import (
    MISSING,
    Action,
    Change,
    ChangeKind,
    Definition,
    Edit,
    Kind,
    Note,
    Write,
    WriteKind,
)  # fmt: skip
from livepatch.patching import branches, functions, handover, keeping, leavings
from livepatch.patching.bodies import body_of, bound_in_class, with_children
from livepatch.patching.docstrings import is_string, set_docstring
from livepatch.patching.site import Scope, Site, tell_name
from livepatch.patching.transaction import Rebinding
from livepatch.source import scopes


def add(site: Site, edit: Edit) -> None:
    """Execute a new function or class, and bind it."""
    new, unit = edit.new, edit.unit
    scope = site.scope_of(edit.owner)
    if new is None or unit is None:
        return
    if scope is None:
        refuse_scope(site, edit)
        return
    existed = scope.get(new.name) is not MISSING
    if edit.old is not None and existed and _uncover(site, scope, edit, new):
        return
    held = names_held(site, scope, edit)
    for name, value in site.run(new.node, unit, new, scope).items():
        if name not in held and (name != new.name or not is_rebound_below(site, edit)):
            bind(site, scope, name, value, made=not shares_name(site, edit), fresh=False)
    kind = ChangeKind.UPDATED if existed else ChangeKind.ADDED
    site.transaction.changes.append(functions.change(site, kind, edit, new.kind.value))


def _uncover(site: Site, scope: Scope, edit: Edit, new: Definition) -> bool:
    """Bind the live function that statements below hid or wrapped; say if there is one."""
    if new.kind is not Kind.FUNCTION or getattr(new.node, "decorator_list", []):
        return False
    found = functions.find(site, edit, scope.get(new.name))
    if found:
        bind(site, scope, new.name, found[0], made=False, fresh=False)
    return bool(found)


def names_held(site: Site, scope: Scope, edit: Edit) -> frozenset[str]:
    """Give the names that stay as they are, since a statement below binds them; note stale ones."""
    held = {name: line for name, line in edit.held if scope.get(name) is not MISSING}
    for name, line in held.items():
        if line:
            message = (
                f"{name} is bound there by a statement that did not change and is not run "
                "again, so its value is kept"
            )
            qualname = ".".join((*edit.owner, name))
            note = Note("stale-value", qualname, site.tracked.file, line, message)
            if note not in site.transaction.notes:
                site.transaction.notes.append(note)
    return frozenset(held)


def shares_name(site: Site, edit: Edit) -> bool:
    """Tell whether another definition of the new text has the name of the new one.

    Then what the name holds may be that definition's object (functions called `_`, which only
    their decorators keep), and must not become the new one.
    """
    new = edit.new
    body = body_of(site, edit.owner) or site.plan.new
    return new is not None and any(
        other is not new and new.name in {other.name, *other.binds}
        for other in with_children(body)
    )


def bind(  # noqa: PLR0913
    site: Site, scope: Scope, name: str, value: Any, *, made: bool, fresh: bool = True
) -> None:
    """Bind one name that a statement bound, and let a descriptor know its name.

    Without `made` and `fresh` an old function of that name never becomes the new one.
    """
    kept = handover.chosen(site, scope.get(name), value)
    if kept is not MISSING:
        value, made, fresh = kept, False, False
    tell_name(scope, name, site.bind(scope, name, value, made=made, fresh=fresh))


def refuse_scope(site: Site, edit: Edit) -> None:
    """Note that the class around a definition is not to be found."""
    definition = edit.new or edit.old
    if definition is not None:
        message = (
            f"class {'.'.join(edit.owner)} was not found under its name; nothing was changed"
        )
        note = Note(
            "no-target", definition.qualname, site.tracked.file, definition.line, message
        )
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
    if _is_done_without_running(site, scope, edit, new):
        return
    inside = {child.name for child in new.children if child.kind is Kind.FUNCTION}
    held = names_held(site, scope, edit)
    bound = site.run(new.node, unit, new, scope)
    for name, value in {n: v for n, v in bound.items() if n not in held}.items():
        bind(site, scope, name, value, made=name in inside)
    siblings = body_of(site, edit.owner) or site.plan.new
    left = branches.names_not_taken(site, scope, edit, siblings)
    for name in sorted(left - held - bound.keys()):
        _take_away(site, scope, name)
    title = _title(new)
    change = Change(
        ChangeKind.EXECUTED, title, site.tracked.file, new.line, site.module.__name__,
        "statement run",
    )  # fmt: skip
    site.transaction.changes.append(change)
    if scope.owner is None:
        for name in new.binds:
            site.transaction.changed_by[site.module.__name__, name] = change
    if edit.old is not None:
        unbind(site, scope, edit.old.binds - new.binds, edit)


def _is_done_without_running(site: Site, scope: Scope, edit: Edit, new: Definition) -> bool:
    """Do what a main guard, a docstring or a new annotation asks for; tell whether it was one."""
    if new.kind is Kind.GUARD:
        message = "code under the main guard has already run and does not run again"
        note = Note("not-rerun", new.qualname, site.tracked.file, new.line, message)
        site.transaction.notes.append(note)
        return True
    if is_string(new):
        set_docstring(site, scope, edit)
        return True
    return keeping.annotated(site, scope, edit, _title(new))


def _title(definition: Definition) -> str:
    node = definition.node
    first = definition.text.split("\n", 1)[0]
    if node.end_lineno == node.lineno:  # without the comment behind it
        first = first.encode()[: node.end_col_offset].decode()
    first = first.strip()
    return first if len(first) <= 60 else f"{first[:57]}..."  # noqa: PLR2004


def remove(site: Site, edit: Edit) -> None:
    """Unbind what a removed definition or statement bound, unless something still binds it."""
    old = edit.old
    scope = site.scope_of(edit.owner)
    if old is None or scope is None:
        return
    if is_string(old):
        set_docstring(site, scope, edit)
        return
    names_held(site, scope, edit)
    if (
        old.kind is Kind.FUNCTION
        and leavings.take_out(site, scope, edit)
        and not unique(site, edit)
    ):
        return
    value = scope.get(old.name)
    gone = unbind(site, scope, old.binds, edit)
    if gone:
        leavings.farewell(site, scope, edit, value)
    if gone or old.name == "":
        undone = site.transaction.registrars.has_taken_back(edit)
        acted = old.kind is Kind.STATEMENT and not parts.does_nothing(old.node)
        if not gone and not old.binds and acted and not undone:
            message = "the statement is gone; what it did when it ran stays"
            site.transaction.notes.append(
                Note("side-effects", _title(old), site.tracked.file, old.line, message)
            )
        title = old.qualname if gone else _title(old)
        site.transaction.changes.append(
            Change(ChangeKind.REMOVED, title, site.tracked.file, old.line, site.module.__name__)
        )


def unique(site: Site, edit: Edit) -> bool:
    """Tell whether no other statement of the new text binds the name of the removed one."""
    old = edit.old
    return old is not None and not is_still_bound(site, edit, old.name)


def unbind(site: Site, scope: Scope, names: frozenset[str], edit: Edit) -> list[str]:
    """Remove `names` from the scope, those that no statement of the new text binds."""
    gone = []
    for name in sorted(names):
        if name == "*":
            continue
        if scope.get(name) is MISSING or is_still_bound(site, edit, name):
            continue
        _take_away(site, scope, name)
        gone.append(name)
    return gone


def _take_away(site: Site, scope: Scope, name: str) -> None:
    old = scope.get(name)
    scope.staged[name] = MISSING
    if scope.owner is None:
        site.transaction.add([Write(WriteKind.ITEM, vars(site.module), name, MISSING)])
        site.transaction.rebound.append(Rebinding(site.module, name, old, MISSING))
    else:
        site.transaction.add([Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, name, MISSING)])


def delete_again(site: Site) -> None:
    """Unbind what changed statements bound, where an unchanged `del` further down unbinds it."""
    edits = [edit for edit in site.plan.edits if edit.action is Action.EXECUTE]
    bound = {name for edit in edits if edit.new and not edit.owner for name in edit.new.binds}
    if not bound or not re.search(r"^del\b", site.text, re.MULTILINE):
        return
    for name in sorted(bound & scopes.names_left_deleted(site.text)):
        if site.scope.get(name) is not MISSING:
            site.scope.staged[name] = MISSING
            site.transaction.add([Write(WriteKind.ITEM, vars(site.module), name, MISSING)])


def is_still_bound(site: Site, edit: Edit, name: str) -> bool:
    """Tell whether the new text binds `name` in the scope of `edit`, or generates it there."""
    if edit.owner:
        made = site.generated.get(edit.owner, frozenset())
        return name in made or name in bound_in_class(site, edit.owner)
    if any(name in definition.binds for definition in site.plan.new):
        return True
    return name in site.text and name in site.names_bound_by_file()


def is_rebound_below(site: Site, edit: Edit) -> bool:
    """Tell whether a later definition of the new text holds the name of a new one.

    So it is with overloads, and with functions of one name that only their decorators keep.
    """
    new = edit.new
    if new is None or new.role not in {"", "overload"}:
        return False
    below = False
    for definition in body_of(site, edit.owner) or site.plan.new:
        if below and definition.name == new.name and definition.role == "":
            return True
        below = below or definition is new
    if edit.owner:
        return False
    line = max((definition.end for definition in site.plan.new), default=new.end)
    rest = site.text.split("\n", line)[line:]
    pattern = rf"^(?:async[ \t]+)?(?:def|class)[ \t]+{re.escape(new.name)}\b"
    return bool(rest) and re.search(pattern, rest[0], re.MULTILINE) is not None
