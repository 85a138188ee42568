"""What one layered commit writes, and the questions that decide how an edit is layered."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from types import FunctionType, MemberDescriptorType
from typing import Any

from livepatch.model import MISSING, Write, WriteKind
from livepatch.runtime import aliasing, epochs, heap
from livepatch.runtime.aliasing import Copy
from livepatch.runtime.epochs import Stack, Versioned

DIRECT = frozenset(
    {"__annotate__", "__annotate_func__", "__annotations_cache__", "__class_getitem__",
     "__init_subclass__", "__set_name__", "__dict__", "__weakref__", "__bases__", "__class__",
     "__name__", "__qualname__", "__abstractmethods__", "__type_params__", "__hash__"}
)  # fmt: skip
"""Attributes of a class that have one value for everybody: the interpreter reads them itself."""

Namespace = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """A name of a namespace or a class that goes when nobody is pinned before `since`.

    It is there since the epoch `born`: who is pinned to an older one does not need it.
    """

    target: Any
    name: str
    value: Any
    since: int
    kind: WriteKind = WriteKind.ITEM
    born: int = 0

    def is_needed(self, pins: Collection[int]) -> bool:
        """Tell whether somebody pinned to one of `pins` needs it."""
        return any(self.born <= pin < self.since for pin in pins)

    @property
    def now(self) -> Any:
        """What the name holds now, MISSING where it is gone."""
        if self.kind is WriteKind.ITEM:
            return self.target.get(self.name, MISSING)
        return type.__getattribute__(self.target, "__dict__").get(self.name, MISSING)


class Births(dict[tuple[int, str], tuple[int, object]]):
    """The epochs since which there are names and attributes, and whose they are, by id and name.

    Those that have been there longer than anybody is pinned are not among them.
    """

    def of(self, key: tuple[int, str]) -> int:
        """Give the epoch since which something is there, 0 where it is older than all pins."""
        return self[key][0] if key in self else 0

    def forget(self, pins: Collection[int]) -> None:
        """Leave out what is older than all `pins`."""
        first = min(pins, default=epochs.NEWEST)
        for key in [key for key, (born, _) in self.items() if born <= first]:
            del self[key]


@dataclass(slots=True)
class Layering:
    """What one commit has to write instead, and what is true after it.

    `clones` gives new functions, which nobody has seen yet, what they need: it comes first.
    """

    since: int
    clones: list[Write] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    picking: dict[int, Any] = field(default_factory=dict)
    attributes: dict[tuple[int, str], Versioned] = field(default_factory=dict)
    kept: dict[tuple[int, str], Kept] = field(default_factory=dict)
    revived: list[tuple[int, str]] = field(default_factory=list)
    born: dict[tuple[int, str], tuple[int, Any]] = field(default_factory=dict)
    caches: list[Write] = field(default_factory=list)
    cached: list[tuple[Any, Namespace, str]] = field(default_factory=list)
    annotated: dict[int, Any] = field(default_factory=dict)
    signatures: list[tuple[FunctionType, FunctionType]] = field(default_factory=list)
    copies: dict[tuple[int, int], tuple[Copy, Namespace]] = field(default_factory=dict)
    aliased: dict[tuple[int, str], Any] = field(default_factory=dict)  # what is under an alias

    def keep(self, namespace: Namespace, name: str, value: Any) -> None:
        """Have an entry in a namespace as long as somebody is pinned to an older epoch."""
        self.kept[id(namespace), name] = Kept(namespace, name, value, self.since)
        self.writes.append(Write(WriteKind.ITEM, namespace, name, value))

    def keep_aliased(self, namespace: Namespace, alias: str) -> None:
        """Have the old value of a name under `alias`, unless it is there already."""
        key = (id(namespace), alias)
        if alias not in namespace and key not in self.kept and key in self.aliased:
            self.keep(namespace, alias, self.aliased[key])


def needed(
    eras: Sequence[tuple[int, Any]], pins: Collection[int], end: int
) -> list[tuple[int, Any]]:
    """Give the versions that somebody pinned to one of `pins` calls, and the last one.

    The last one holds until `end`, where the next begins; where that is now, it is kept only
    if somebody is pinned to it.
    """
    if not eras:
        return []
    starts = [since for since, _ in eras]
    ends = [*starts[1:], end]
    found = []
    for era, start, stop in zip(eras, starts, ends, strict=True):
        last = stop == epochs.NEWEST
        if last or any((start <= pin or start == starts[0]) and pin < stop for pin in pins):
            found.append(era)
    return found


def is_dunder(name: str) -> bool:
    """Tell whether the interpreter may look for `name` itself."""
    return name.startswith("__") and name.endswith("__")


def is_module_namespace(target: Any) -> bool:
    """Tell whether `target` holds the names of a module."""
    return (
        type(target) is dict
        and isinstance(target.get("__name__"), str)
        and "__spec__" in target
    )


def can_vary(cls: type, name: str, old: Any, new: Any) -> bool:
    """Tell whether an attribute can have several versions, and has to."""
    if old is new or name in DIRECT or isinstance(old, MemberDescriptorType):
        return False
    if type(cls).__module__ == "enum" or isinstance(new, MemberDescriptorType):
        return False
    if old is MISSING and not is_inherited(cls, name):
        return False  # nobody who is pinned knows of it
    if not is_dunder(name):
        return True
    return all(
        value is MISSING or callable(value) or hasattr(type(value), "__get__")
        for value in (old, new)
    )


def must_wait(cls: type, name: str, new: Any) -> bool:
    """Tell whether an attribute goes only when no session is left that needs it.

    The interpreter must not find an operator that turns out not to be there.
    """
    return new is MISSING and is_dunder(name) and not is_inherited(cls, name)


def is_inherited(cls: type, name: str) -> bool:
    """Tell whether a class behind `cls` has `name`."""
    return any(name in vars(base) for base in cls.__mro__[1:])


def readers(namespace: Namespace, aliases: dict[str, str]) -> list[FunctionType]:
    """Give the functions of a module some version of which reads one of the rebound names.

    A name that some function assigns to is state that the program keeps, and has one value for
    everybody: it is taken out of `aliases`.
    """
    candidates = heap.functions_in(namespace)
    for function in candidates:
        for name in aliasing.stores(epochs.plain_code(function), frozenset(aliases)):
            del aliases[name]
    names = frozenset(aliases)
    found = {}
    for function in candidates:
        stack = epochs.stacks.get(id(function))
        codes = [function.__code__] if stack is None else [e.clone.__code__ for e in stack.eras]
        if any(aliasing.reads(code, names) for code in codes):
            found[id(function)] = function
    return list(found.values())
