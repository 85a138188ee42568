"""Statements of which only the annotation changed: the name keeps what the program put there."""

from __future__ import annotations

import ast

from livepatch.diff import parts
from livepatch.model import MISSING, Action, Change, ChangeKind, Edit, FilePlan
from livepatch.patching.bodies import inside
from livepatch.patching.site import Scope, Site
from livepatch.source import scopes


def keeps_value(plan: FilePlan, edit: Edit) -> bool:
    """Tell whether an assignment has another annotation, and nothing else changed about it.

    Not where another statement nearby binds the name: their order may have changed as well.
    """
    old, new = edit.old, edit.new
    if edit.action is not Action.EXECUTE or old is None or new is None:
        return False
    if not parts.binds_same_value(old.node, new.node) or len(new.binds) != 1:
        return False
    return all(
        sum(new.binds <= each.binds for each in inside(definitions, edit.owner) or ()) == 1
        for definitions in (plan.old, plan.new)
    )


def annotated(site: Site, scope: Scope, edit: Edit, title: str) -> bool:
    """Evaluate the annotation of a statement that got no more than that; tell whether it is one.

    The report calls it `title`.
    """
    new, unit = edit.new, edit.unit
    if new is None or unit is None or not keeps_value(site.plan, edit):
        return False
    if any(scope.get(name) is MISSING for name in new.binds):
        return False  # the program took the name away
    if isinstance(new.node, ast.AnnAssign):
        site.run(scopes.without_value(new.node), unit, new, scope)
    file, module = site.tracked.file, site.module.__name__
    change = Change(ChangeKind.UPDATED, title, file, new.line, module, "annotation")
    site.transaction.changes.append(change)
    return True
