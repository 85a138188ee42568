"""Members of a live Enum: added, removed and given other values; members keep their identity."""

from __future__ import annotations

import enum
from typing import Any

from livepatch.model import MISSING, Write, WriteKind
from livepatch.runtime import classes

TABLES = (
    "_member_names_", "_member_map_", "_value2member_map_", "_unhashable_values_",
    "_hashable_values_", "_unhashable_values_map_", "_flag_mask_", "_singles_mask_", "_all_bits_",
    "_boundary_", "_inverted_", "_value_repr_", "_sunder_names_",
)  # fmt: skip


def is_enum(cls: type) -> bool:
    """Tell whether `cls` is an enumeration with members or meant to have some."""
    return isinstance(cls, enum.EnumMeta)


def member_writes(old: Any, new: Any) -> tuple[list[Write], list[str]]:
    """Give the writes that give `old` the members of `new`.

    A member of both stays the object it is, with the new value. The second value names members
    whose value could not be changed in place (it is what they are: an int, a str).
    """
    writes: list[Write] = []
    replaced: list[str] = []
    final: dict[int, Any] = {}
    for name, theirs in new.__members__.items():
        mine = old.__members__.get(name)
        if mine is None or theirs.name != name:
            final[id(theirs)] = final.get(id(theirs), theirs)
            continue
        if mine.value == theirs.value:
            final[id(theirs)] = mine
        elif _is_its_value(mine):
            replaced.append(name)
            final[id(theirs)] = theirs
        else:
            final[id(theirs)] = mine
            writes.append(Write(WriteKind.ATTRIBUTE, mine, "_value_", theirs.value))
            writes += [  # what `__init__` makes of the value
                Write(WriteKind.ATTRIBUTE, mine, attribute, value)
                for attribute, value in vars(theirs).items()
                if not (attribute.startswith("_") and attribute.endswith("_"))
            ]
        if final[id(theirs)] is mine and hasattr(mine, "_sort_order_"):
            order = theirs._sort_order_
            writes.append(Write(WriteKind.ATTRIBUTE, mine, "_sort_order_", order))
    writes += [
        Write(WriteKind.ATTRIBUTE, member, "__class__", old)
        for member in final.values()
        if type(member) is new
    ]
    writes += [
        Write(WriteKind.ATTRIBUTE, member, "__objclass__", old)
        for member in final.values()
        if getattr(member, "__objclass__", None) is new
    ]
    writes.extend(_table_writes(old, new, final))
    writes.extend(_attribute_writes(old, new, final))
    return writes, replaced


def _is_its_value(member: Any) -> bool:
    """Tell whether a member is its value: an int or str cannot become another one."""
    return isinstance(member, int | str | float | bytes | tuple)


def _table_writes(old: Any, new: Any, final: dict[int, Any]) -> list[Write]:
    writes = []
    after = classes.namespace_of(new)
    for name in TABLES:
        if name not in after:
            continue
        value = after[name]
        if isinstance(value, dict):
            value = {key: final.get(id(member), member) for key, member in value.items()}
        writes.append(Write(WriteKind.TYPE_ATTRIBUTE, old, name, value))
    return writes


def _attribute_writes(old: Any, new: Any, final: dict[int, Any]) -> list[Write]:
    """Members are attributes of the class too (3.12 on; a redirecting property before)."""
    before, after = classes.namespace_of(old), classes.namespace_of(new)
    writes = [
        Write(WriteKind.TYPE_ATTRIBUTE, old, name, MISSING)
        for name in old.__members__
        if name not in new.__members__ and name in before
    ]
    for name in new.__members__:
        value = after.get(name, MISSING)
        if value is MISSING:
            continue
        value = final.get(id(value), value)
        if isinstance(value, enum.property):
            member = getattr(value, "member", None)
            if member is not None and id(member) in final:
                value.member = final[id(member)]
        if before.get(name, MISSING) is not value:
            writes.append(Write(WriteKind.TYPE_ATTRIBUTE, old, name, value))
    return writes
