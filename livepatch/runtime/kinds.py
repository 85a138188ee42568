"""Classes that are generated from their body, and what of it asks for all of it again."""

from __future__ import annotations

import enum

from livepatch.runtime import classes, fields


def is_generated_from_body(cls: type, is_attribute: bool) -> bool:  # noqa: FBT001
    """Tell whether a change of the body asks for the whole class statement.

    `is_attribute` says that an attribute, not a method, came, went or changed.
    """
    if isinstance(cls, enum.EnumMeta):
        return is_attribute
    own = classes.namespace_of(cls)
    if own.keys() & fields.MARKS:
        return True
    if own.get("_is_protocol"):
        return True
    if not is_attribute:
        return False
    return (
        "__slots__" in own
        or (issubclass(cls, tuple) and "_fields" in own)
        or "__total__" in own
    )
