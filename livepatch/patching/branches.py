"""Branches of an `if` or `match` that changed: what the one that ran before bound may have to go."""

from __future__ import annotations

import ast
import re
from collections.abc import Sequence

from livepatch.model import MISSING, Definition, Edit
from livepatch.patching.site import Scope, Site
from livepatch.source import scopes


def names_not_taken(
    site: Site, scope: Scope, edit: Edit, siblings: Sequence[Definition]
) -> frozenset[str]:
    """Give the names that go where the branch that runs now does not bind them.

    These are names that only this one statement binds, and that it does not look at (`if "X"
    not in globals()`). `siblings` are the statements of its scope.
    """
    old, new = edit.old, edit.new
    if old is None or new is None or not isinstance(new.node, ast.If | ast.Match):
        return frozenset()
    if site.must_run_in_place(new.node, scope):
        return frozenset()
    mentioned = scopes.read_names([new.node]) | {
        child.value
        for child in ast.walk(new.node)
        if isinstance(child, ast.Constant) and isinstance(child.value, str)
    }
    return frozenset(
        name
        for name in (old.binds & new.binds) - mentioned
        if scope.get(name) is not MISSING
        and not any(name in other.binds for other in siblings if other is not new)
        and not re.search(rf"\bglobal\b.*\b{re.escape(name)}\b", site.text)
    )
