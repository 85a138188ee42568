"""Private names of a class that goes by another name now: `_Old__x` becomes `_New__x`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MemberDescriptorType

from livepatch.model import MISSING, Write, WriteKind
from livepatch.runtime import classes


def instance_writes(cls: type, old: str, new: str) -> Iterator[Write]:
    """Give the writes that rename the private attributes of live instances of `cls`."""
    for instance in classes.instances_of(*classes.subclasses_of(cls)):
        try:
            namespace = object.__getattribute__(instance, "__dict__")
        except AttributeError:
            continue
        for name, value, renamed in _private(namespace, old, new):
            # Where it was found, and past a descriptor that keeps its values there.
            yield Write(WriteKind.ITEM, namespace, renamed, value)
            yield Write(WriteKind.ITEM, namespace, name, MISSING)


def class_writes(cls: type, old: str, new: str) -> Iterator[Write]:
    """Give the writes that rename private attributes and slots of `cls` itself."""
    for name, value, renamed in _private(classes.namespace_of(cls), old, new):
        yield Write(WriteKind.TYPE_ATTRIBUTE, cls, renamed, value)
        yield Write(WriteKind.TYPE_ATTRIBUTE, cls, name, MISSING)
        yield from descriptor_writes(value, name, renamed)


def descriptor_writes(value: object, name: str, renamed: str) -> Iterator[Write]:
    """Give the writes after which a descriptor that was told its name knows the new one.

    What it keeps in instances under this name is found again: the instances follow as well.
    """
    if isinstance(value, type) or not hasattr(type(value), "__set_name__"):
        return
    slots = [
        attribute
        for kind in type(value).__mro__
        for attribute, slot in vars(kind).items()
        if isinstance(slot, MemberDescriptorType)
    ]
    for attribute in (*getattr(value, "__dict__", ()), *slots):
        kept = getattr(value, attribute, None)
        if type(kept) is str and kept == name:
            yield Write(WriteKind.INSTANCE_ATTRIBUTE, value, attribute, renamed)


def _private(
    namespace: Mapping[str, object], old: str, new: str
) -> Iterator[tuple[str, object, str]]:
    before, after = (f"_{name.lstrip('_')}__" for name in (old, new))
    if before == after or "___" in (before, after):  # a name of underscores mangles nothing
        return
    for name, value in list(namespace.items()):
        if name.startswith(before) and not name.endswith("__"):
            yield name, value, after + name.removeprefix(before)
