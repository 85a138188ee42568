"""Docstrings of modules and classes, and the texts that are none."""

from __future__ import annotations

import ast
import inspect
from typing import Any

from livepatch import interp
from livepatch.model import Change, ChangeKind, Definition, Edit, Write, WriteKind
from livepatch.patching.bodies import body_of, inside
from livepatch.patching.site import Scope, Site


def is_string(definition: Definition) -> bool:
    """Tell whether the statement is a text, and nothing else."""
    node = definition.node
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Constant):
        return False
    return isinstance(node.value.value, str)


def set_docstring(site: Site, scope: Scope, edit: Edit) -> None:
    """Give the module or class the docstring of the new text, None where it has none."""
    body = body_of(site, edit.owner)
    if body is None:
        return  # the region does not reach the start of the file: a string in between
    was = inside(site.plan.old, edit.owner) or ()
    if edit.new not in body[:1] and edit.old not in was[:1]:
        return  # a text further down
    node: Any = body[0].node if body and is_string(body[0]) else None
    value = node.value.value if node is not None else None
    if value is not None and interp.DOCSTRINGS_ARE_CLEANED:
        value = inspect.cleandoc(value)
    now = scope.owner.__doc__ if scope.owner is not None else vars(site.module).get("__doc__")
    definition = edit.new or edit.old
    target = vars(site.module) if scope.owner is None else scope.owner
    if now == value or definition is None or site.transaction.writes_to(target, "__doc__"):
        return
    kind = WriteKind.ITEM if scope.owner is None else WriteKind.TYPE_ATTRIBUTE
    site.transaction.add([Write(kind, target, "__doc__", value)])
    title = f"{'.'.join(edit.owner) or site.module.__name__}.__doc__"
    change = Change(
        ChangeKind.UPDATED, title, site.tracked.file, definition.line, site.module.__name__,
        "docstring",
    )  # fmt: skip
    site.transaction.changes.append(change)
