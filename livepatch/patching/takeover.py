"""What old decorators made, and what the new ones did: who holds the one goes on with the other."""

from __future__ import annotations

from types import FunctionType

from livepatch.model import Definition, Note
from livepatch.patching.site import Scope, Site
from livepatch.runtime import functions, wrappers

DESCRIPTORS = (staticmethod, classmethod, property)


def taken_over(
    site: Site, scope: Scope, new: Definition, value: object, made: object
) -> object:
    """Have `value`, which the old decorators made, become `made`; give the object to bind."""
    transaction = site.transaction
    if value is made:
        return made
    if type(value) is not FunctionType:
        writes = wrappers.becoming(value, made)
        if not writes or wrappers.is_bound_by_proxy(value):
            _mention_holders(site, scope, new, value)
    elif type(made) is FunctionType:
        writes = functions.graft(value, made)
        if not writes:
            transaction.add(functions.forward(value, made))
    else:
        if not isinstance(made, DESCRIPTORS):
            transaction.add(functions.forward(value, made))
        return made
    transaction.add(writes)
    if not writes or type(value) is not type(made):
        return made
    transaction.registrars.replaced(made, value)
    return value


def _mention_holders(site: Site, scope: Scope, new: Definition, value: object) -> None:
    namespaces: list[object] = [*site.registry.namespaces()]
    if scope.owner is not None:
        namespaces.extend(wrappers.namespace_of(scope.owner))
    if wrappers.is_held(value, namespaces):
        message = "who holds the object that the old decorators made goes on with them"
        note = Note("old-wrapper", new.qualname, site.tracked.file, new.line, message)
        site.transaction.notes.append(note)
