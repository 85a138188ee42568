"""Classes that are generated from their body: what they are, and what their instances need."""

from __future__ import annotations

import dataclasses
import enum
import sys
from collections.abc import Iterator
from typing import Any

from livepatch.model import Write, WriteKind
from livepatch.runtime import classes


def is_generated_from_body(cls: type, is_attribute: bool) -> bool:  # noqa: FBT001
    """Tell whether a change of the body asks for the whole class statement.

    `is_attribute` says that an attribute, not a method, came, went or changed.
    """
    if isinstance(cls, enum.EnumMeta):
        return is_attribute
    own = classes.namespace_of(cls)
    if "__dataclass_fields__" in own or "__attrs_attrs__" in own:
        return True
    if own.get("_is_protocol"):
        return True
    if not is_attribute:
        return False
    return (
        "__slots__" in own
        or (issubclass(cls, tuple) and "_fields" in own)
        or "__total__" in own
        or "__pydantic_core_schema__" in own
    )


def instance_writes(old: type, made: type) -> Iterator[Write]:
    """Give the writes that let live instances have the new fields of a dataclass."""
    before = classes.namespace_of(old).get("__dataclass_fields__")
    after = classes.namespace_of(made).get("__dataclass_fields__")
    if before is None or after is None:
        return
    missing = dataclasses.MISSING
    fresh = {
        name: field
        for name, field in after.items()
        if name not in before and field._field_type is dataclasses._FIELD  # type: ignore[attr-defined]
    }
    late = {name: f for name, f in fresh.items() if f.default_factory is not missing}
    if not late:
        return
    for instance in classes.instances_of(old):
        for name, field in late.items():
            yield Write(WriteKind.INSTANCE_ATTRIBUTE, instance, name, field.default_factory())


def after_transplant(old: Any, made: type) -> Iterator[Write]:
    """Give what a library has to do once the class is whole: pydantic builds its validators."""
    del made
    if "__pydantic_core_schema__" in classes.namespace_of(old) and "pydantic" in sys.modules:

        def rebuild_model() -> None:
            old.model_rebuild(force=True)

        yield Write(WriteKind.CALL, old, "validators", rebuild_model)


def has_fields(cls: type) -> bool:
    """Tell whether `cls` was generated from fields, its own and those of its bases."""
    own = classes.namespace_of(cls)
    return bool(
        own.keys() & {"__dataclass_fields__", "__attrs_attrs__", "__pydantic_core_schema__"}
    )
