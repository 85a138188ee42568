"""Redefinitions at a prompt or in a cell: the object that had the name becomes the new one.

The program has already executed the new `def` or `class`; here the older object takes over all
that the new one is and gets the name back, so that instances, bound methods and references
made before follow.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from types import FunctionType
from typing import Any

from livepatch.diff.match import match
from livepatch.diff.parts import same_tree
from livepatch.model import (
    MISSING,
    Change,
    ChangeKind,
    Definition,
    Kind,
    Note,
    Patch,
    PatchKind,
    Write,
    WriteKind,
)  # fmt: skip
from livepatch.patching.patcher import Patcher
from livepatch.patching.transaction import CodePair, Transaction
from livepatch.runtime import adopt, classes, enums
from livepatch.source import compiling

REDEFINED = "redefined"  # the detail of such a change in a report


@dataclass(frozen=True, slots=True)
class Redefinition:
    """A name of a namespace that held `old` and holds `new`, with both texts where known."""

    name: str
    old: object
    new: object
    before: Definition | None = None
    after: Definition | None = None


def is_redefinition(old: object, new: object) -> bool:
    """Tell whether `new` is a later version of the function or class `old`."""
    if old is new or type(old) is not type(new):
        return False
    if not isinstance(new, FunctionType | type) or not isinstance(old, FunctionType | type):
        return False
    return old.__qualname__ == new.__qualname__ and old.__module__ == new.__module__


def redefine(
    patcher: Patcher, namespace: dict[str, Any], found: Collection[Redefinition], file: str
) -> Patch:
    """Let each older object of `found` be what the newer one is, and have its name again.

    All of them together are one patch. A class that CPython does not let change that far
    leaves the name to the new one, and is named in a note.
    """
    transaction = Transaction()
    for item in found:
        if isinstance(item.old, FunctionType) and isinstance(item.new, FunctionType):
            done = _function(transaction, item.old, item.new, file)
        elif isinstance(item.old, type) and isinstance(item.new, type):
            done = _class(transaction, item, item.old, item.new)
        else:
            continue
        line = _line(item)
        if not done:
            message = "CPython cannot give the older object this shape; the name has a new one"
            transaction.notes.append(Note("layout", item.name, file, line, message))
            continue
        transaction.add([Write(WriteKind.ITEM, namespace, item.name, item.old)])
        change = Change(ChangeKind.UPDATED, item.name, file, line, "__main__", REDEFINED)
        transaction.changes.append(change)
    return patcher.commit(transaction, PatchKind.STRING)


def _line(item: Redefinition) -> int:
    if item.after is not None:
        return item.after.line
    code = getattr(item.new, "__code__", None)
    return code.co_firstlineno if code is not None else 1


def _function(
    transaction: Transaction, old: FunctionType, new: FunctionType, file: str
) -> bool:
    code = old.__code__
    _, writes = adopt.adopted(old, new, made=True)
    if not writes:
        return False
    transaction.add(writes)
    transaction.pairs.extend(_pairs(code, new, old, file))
    return True


def _pairs(code: Any, new: FunctionType, old: FunctionType, file: str) -> Iterator[CodePair]:
    """Give what shares the old code: copies of the function, closures that it has made."""
    place = (file, new.__qualname__, new.__code__.co_firstlineno)
    yield CodePair(code, new.__code__, 1, (old,), place)
    for inner, replaced in compiling.pair_codes(code, new.__code__):
        if inner.co_flags & compiling.CO_NEWLOCALS:
            yield CodePair(inner, replaced, 1, (), place)


def _class(transaction: Transaction, item: Redefinition, old: type, new: type) -> bool:
    if enums.is_enum(old) or type(old) is not type(new) or not classes.same_layout(old, new):
        return False
    if old.__bases__ != new.__bases__:
        bases = Write(WriteKind.TYPE_ATTRIBUTE, old, "__bases__", new.__bases__)
        try:
            transaction.carry_out_now([bases])
        except TypeError:
            return False
    gone, others = _missing_names(item, old, new)
    transaction.add(classes.transplant(old, new, _unchanged(item) | gone | others))
    transaction.add(Write(WriteKind.TYPE_ATTRIBUTE, old, name, MISSING) for name in gone)
    transaction.add(
        Write(WriteKind.INSTANCE_CLASS, instance, "__class__", old)
        for instance in classes.instances_of(new)
    )
    update = classes.abstract_update(old)
    if update is not None:
        transaction.add([update])
    transaction.discarded.append(new)
    return True


def _unchanged(item: Redefinition) -> frozenset[str]:
    """Give the names of the class body whose values stay: their statements did not change."""
    if item.before is None or item.after is None:
        return frozenset()
    names: set[str] = set()
    for before, after in match(item.before.children, item.after.children):
        if before is None or after is None or after.kind in {Kind.FUNCTION, Kind.CLASS}:
            continue
        if same_tree(before, after):
            names |= after.binds
    return frozenset(names)


def _missing_names(
    item: Redefinition, old: type, new: type
) -> tuple[frozenset[str], frozenset[str]]:
    """Give the names that only `old` has: what its body defined, and what the program put on."""
    after, before = classes.namespace_of(new), classes.namespace_of(old)
    missing = [name for name in before if name not in after and name not in classes.NEVER]
    if item.before is not None:
        bound = frozenset[str]().union(*(each.binds for each in item.before.children))
        gone = [name for name in missing if name in bound]
    else:
        gone = [name for name in missing if _is_of_the_body(before[name], old, name)]
    return frozenset(gone), frozenset(missing).difference(gone)


def _is_of_the_body(value: object, cls: type, name: str) -> bool:
    return type(value) is FunctionType and value.__qualname__ == f"{cls.__qualname__}.{name}"
