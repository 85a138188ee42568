"""Classes that are generated from their body, and what of it asks for all of it again."""

from __future__ import annotations

import enum
from collections.abc import Collection

from livepatch.runtime import classes, fields

ORDERING = frozenset({"__lt__", "__le__", "__gt__", "__ge__"})


def is_generated_from_body(cls: type, names: Collection[str], *, is_attribute: bool) -> bool:
    """Tell whether a change of the body asks for the whole class statement.

    `names` came, went or changed; `is_attribute` says that they are not methods.
    """
    if isinstance(cls, enum.EnumMeta):
        return is_attribute
    own = classes.namespace_of(cls)
    if own.keys() & fields.MARKS:
        return True
    if own.get("_is_protocol"):
        return True
    if not ORDERING.isdisjoint(names) and any(
        classes.is_generated(own.get(name)) for name in ORDERING
    ):
        return True  # `total_ordering` works the others out from those that are there
    if not is_attribute:
        return False
    return (
        "__slots__" in own
        or (issubclass(cls, tuple) and "_fields" in own)
        or "__total__" in own
    )


def places_in(cls: type) -> frozenset[str]:
    """Give the attributes of a named tuple that stand for a place in it, whatever their text."""
    fields = classes.namespace_of(cls).get("_fields", ())
    return (
        frozenset(fields)
        if issubclass(cls, tuple) and isinstance(fields, tuple)
        else frozenset()
    )
