"""A rebuilt class into the live one: attributes, bases, generated methods; identity stays.

The live class keeps every object whose definition did not change; it takes over what the
class statement, a decorator or a metaclass has made anew.
"""

from __future__ import annotations

import abc
import gc
from collections.abc import Collection, Iterator
from functools import partial
from types import CellType, CodeType, FunctionType, GetSetDescriptorType, MemberDescriptorType
from typing import Any

from livepatch import interp
from livepatch.model import MISSING, Write, WriteKind
from livepatch.runtime import epochs, functions, heap, lookup

NEVER = frozenset(
    {"__dict__", "__weakref__", "__module__", "__qualname__", "_abc_impl", "__annotations_cache__",
     "__annotate_func__", "__annotate__"}
)  # fmt: skip

DECORATING = frozenset({"dataclasses", "functools", "reprlib"})
"""Modules whose functions end up in classes: those that `total_ordering` picks, a `__repr__`."""

SUMMARIES = frozenset({"__dataclass_fields__", "__dataclass_params__", "__match_args__"})
"""What such a decorator writes about a class."""

NOTHING: Any = abc.ABCMeta("Nothing", (), {})
"""An abstract class that nothing is an instance of."""
ABSTRACT = ("_abc_impl", "__abstractmethods__")
"""What ABCMeta puts into a class: its memory, and the names that are still to be defined."""


def namespace_of(cls: type) -> dict[str, Any]:
    """Give a copy of the own namespace of `cls`, past any metaclass."""
    return dict(type.__getattribute__(cls, "__dict__"))


def transplant(old: type, new: type, keep: Collection[str]) -> list[Write]:
    """Give the writes that make `old` what `new` is, but for the names in `keep`.

    Functions that `new` brings see `old` as their `__class__`. What was generated for `old`
    (by a decorator that ran before) and is not in `new` goes; what the program put on stays.
    """
    before, after = namespace_of(old), namespace_of(new)
    writes: list[Write] = []
    for name, value in after.items():
        if name in NEVER or name in keep or is_slot(value):
            continue
        had = before.get(name, MISSING)
        grafted = _graft(had, value)
        writes.extend(grafted)
        if not grafted and had is not value:
            writes.append(Write(WriteKind.TYPE_ATTRIBUTE, old, name, value))
            writes.extend(_forward(had, value))
    for name, value in before.items():
        if name not in after and name not in keep and _goes(name, value):
            writes.append(Write(WriteKind.TYPE_ATTRIBUTE, old, name, MISSING))
    writes.extend(_annotation_writes(old, new))
    writes.extend(cell_writes(after.values(), new, old))
    return writes


def _graft(old: object, new: object) -> list[Write]:
    """Let a function that was generated before become the one generated now."""
    if type(old) is not FunctionType or type(new) is not FunctionType:
        return []
    return functions.graft(old, new) if old.__qualname__ == new.__qualname__ else []


def _forward(old: object, new: object) -> list[Write]:
    """Let a method of a class that moved to another module call the one that it is there."""
    if isinstance(old, staticmethod | classmethod) and type(old) is type(new):
        old, new = old.__func__, new.__func__
    if type(old) is not FunctionType or type(new) is not FunctionType:
        return []
    return functions.forward(old, new) if old.__globals__ is not new.__globals__ else []


def is_slot(value: object) -> bool:
    """Tell whether `value` is the descriptor of a slot, which fits its own class only."""
    return isinstance(value, MemberDescriptorType | GetSetDescriptorType)


def is_generated(value: object) -> bool:
    """Tell whether `value` is a function that a decorator of classes put there.

    A library has compiled it from a text of its own, or it is one of the standard library's.
    """
    return type(value) is FunctionType and (
        value.__code__.co_filename.startswith("<")
        or value.__globals__.get("__name__") in DECORATING
    )


def _goes(name: str, value: object) -> bool:
    """Tell whether a new class without `name` says that the live one has it no longer."""
    return is_generated(value) or name in SUMMARIES or (name == "__hash__" and value is None)


def _annotation_writes(old: Any, new: Any) -> Iterator[Write]:
    if interp.LAZY_ANNOTATIONS and new.__annotate__ is not old.__annotate__:
        yield Write(WriteKind.TYPE_ATTRIBUTE, old, "__annotate__", new.__annotate__)


def cell_writes(values: Collection[object], made_for: type, owner: type) -> list[Write]:
    """Give the writes that let methods made for one class call `super()` for `owner`."""
    cells: dict[int, CellType] = {}
    for value in values:
        if isinstance(value, type):
            continue
        for found in lookup.reach(value):
            if type(found) is not FunctionType:
                continue
            for name, cell in zip(
                found.__code__.co_freevars, found.__closure__ or (), strict=False
            ):
                if name == "__class__" and _holds(cell, made_for):
                    cells[id(cell)] = cell
    return [Write(WriteKind.CELL, cell, "cell_contents", owner) for cell in cells.values()]


def _holds(cell: CellType, cls: type) -> bool:
    try:
        return cell.cell_contents is cls
    except ValueError:
        return False


def same_layout(old: type, new: type) -> bool:
    """Tell whether instances of both have the same slots and the same builtin base."""
    return (
        sorted(_slots(old)) == sorted(_slots(new))
        and old.__basicsize__ == new.__basicsize__
        and old.__itemsize__ == new.__itemsize__
        and old.__dictoffset__ == new.__dictoffset__
        and old.__weakrefoffset__ == new.__weakrefoffset__
    )


def _slots(cls: type) -> tuple[str, ...]:
    return tuple(
        name
        for name, value in namespace_of(cls).items()
        if isinstance(value, MemberDescriptorType)
    )


def instances_of(*kinds: type) -> list[object]:
    """Give the live direct instances of `kinds` that the collector knows, in one search."""
    chosen = {id(kind) for kind in kinds}
    return [found for found in heap.referrers(*kinds) if id(type(found)) in chosen]


def subclasses_of(cls: type) -> Iterator[type]:
    """Give `cls` and all its subclasses, each once."""
    seen: set[int] = set()
    pending = [cls]
    while pending:
        found = pending.pop()
        if id(found) not in seen:
            seen.add(id(found))
            yield found
            pending.extend(type.__subclasses__(found))


def abstract_writes(old: type, made: type) -> Iterator[Write]:
    """Give what makes classes abstract ones, or plain ones again, as `old` becomes what `made` is.

    That is `old` where its metaclass is one of ABCMeta now, or was; where `old` is a metaclass
    itself, the classes that it made. ABCMeta keeps its registry and memory of each in the class.
    """
    is_metaclass = issubclass(old, type)
    before, after = (old, made) if is_metaclass else (type(old), type(made))
    was, will_be = issubclass(before, abc.ABCMeta), issubclass(after, abc.ABCMeta)
    if was == will_be:
        return
    every = subclasses_of(object) if is_metaclass else iter([old])
    for cls in [each for each in every if not is_metaclass or issubclass(type(each), old)]:
        given = namespace_of(abc.ABCMeta("_", (), {})) if will_be else {}
        for name in ABSTRACT:
            if name in given or name in namespace_of(cls):
                value = given.get(name, MISSING)
                yield Write(WriteKind.TYPE_ATTRIBUTE, cls, name, value)
        update = partial(abc.update_abstractmethods, cls)
        yield Write(WriteKind.CALL, cls, "abstract methods", update)


def abstract_update(cls: type) -> Write | None:
    """Give the call that works the abstract methods of `cls` and its subclasses out anew."""
    if not isinstance(cls, abc.ABCMeta):
        return None

    def work_out() -> None:
        for found in sorted(subclasses_of(cls), key=lambda each: len(each.__mro__)):
            abc.update_abstractmethods(found)
            clear = getattr(found, "_abc_caches_clear", None)
            if callable(clear):
                clear()

    return Write(WriteKind.CALL, cls, "abstract methods", work_out)


def checks_update(*, only_more: bool) -> Write:
    """Give the call that lets each abstract class look anew at what its instances are.

    They remember their answers by class, and nothing tells them that a class has other methods.
    With `only_more` each is still what it was said to be, and may be more.
    """

    def ask_again() -> None:
        NOTHING.register(type("_", (), {}))  # whoever registers forgets each "no" there is

    def forget() -> None:
        for found in subclasses_of(object):  # 2 ms where there are 3,000
            if isinstance(found, abc.ABCMeta):
                abc.ABCMeta._abc_caches_clear(found)  # type: ignore[attr-defined]

    call = ask_again if only_more else forget
    return Write(WriteKind.CALL, abc.ABCMeta, "remembered checks", call)


def adoptable_functions(old: type, names: Collection[str]) -> dict[str, object]:
    """Give the attributes of `old` under `names`, to be shared with a class that replaces it."""
    namespace = namespace_of(old)
    return {name: namespace[name] for name in names if name in namespace}


def can_change_class(instance: object, new: type) -> bool:
    """Tell whether CPython lets `instance` become a `new`; it is what it was afterwards."""
    old = type(instance)
    try:
        object.__setattr__(instance, "__class__", new)
    except TypeError:
        return False
    object.__setattr__(instance, "__class__", old)
    return True


def detach(cls: type) -> None:
    """Take a class that only served as a template out of its bases' lists of subclasses."""
    for base in cls.__bases__:
        if base is not object:
            try:
                type.__setattr__(cls, "__bases__", (_Nowhere,))
            except TypeError:
                gc.collect(0)
            return


class _Nowhere:
    """The base that discarded classes are given."""


def names_in_code(value: object) -> set[str]:
    """Give the names and texts that the code of a function mentions, nested code included."""
    found: set[str] = set()
    pending = [epochs.plain_code(value)] if type(value) is FunctionType else []
    while pending:
        code = pending.pop()
        found.update(code.co_names)
        for const in code.co_consts:
            if isinstance(const, str):
                found.add(const)
            elif isinstance(const, CodeType):
                pending.append(const)
    return {name for name in found if not name.startswith("__")}
