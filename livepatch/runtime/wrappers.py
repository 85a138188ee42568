"""Wrapper objects that a decorator makes anew: the old one becomes what the new one is.

Who holds the old object (a callback table, a from-import of a module that is not tracked) goes
on with the new decorators then, as with functions. It can be done for objects of plain Python
classes, whose state is their `__dict__`, and for the proxies of wrapt.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Collection, Iterator
from types import BuiltinFunctionType, FrameType, FunctionType, MethodType, ModuleType
from typing import Any

from livepatch.model import MISSING, Write, WriteKind
from livepatch.runtime import heap


class _Plain:
    """An object of a plain class: its size says what has no state but its `__dict__`."""


def becoming(old: Any, new: Any) -> list[Write]:
    """Give the writes that make the wrapper `old` what `new` is; none where it cannot be."""
    kind = type(old)
    wrapt: Any = sys.modules.get("wrapt")
    if wrapt is not None and issubclass(kind, wrapt.FunctionWrapper):
        return [Write(WriteKind.CALL, old, "__init__", _rewrapping(old, new))]
    if kind is not type(new) or old is new or issubclass(kind, _OTHERS):
        return []
    if kind.__basicsize__ != _Plain.__basicsize__ or kind.__itemsize__:
        return []
    return list(_dict_writes(_dict_of(old), _dict_of(new)))


_OTHERS = (type, FunctionType, MethodType, ModuleType, property, staticmethod, classmethod)


def _dict_of(instance: object) -> dict[str, object]:
    found: dict[str, object] = object.__getattribute__(instance, "__dict__")
    return found


def _dict_writes(old: dict[str, object], new: dict[str, object]) -> Iterator[Write]:
    for name in {**old, **new}:
        value = new.get(name, MISSING)
        if old.get(name, MISSING) is not value:
            yield Write(WriteKind.ITEM, old, name, value)


def _rewrapping(old: Any, new: Any) -> Callable[[], None]:
    """Give the call that gives a proxy of wrapt another wrapper; called again, it goes back."""
    before, after = _parts_of(old), _parts_of(new)

    def rewrap() -> None:
        chosen = before if old._self_wrapper is after[1] else after
        type(old).__init__(old, *chosen)

    return rewrap


def _parts_of(value: Any) -> tuple[object, Callable[..., object]]:
    if type(value) is FunctionType:  # without decorators now
        return value, _pass_on
    return value.__wrapped__, value._self_wrapper


def _pass_on(
    wrapped: Callable[..., object],
    instance: object,
    args: tuple[Any, ...],
    keys: dict[str, Any],
) -> object:
    del instance
    return wrapped(*args, **keys)


_PASSING = (FrameType, BuiltinFunctionType)
"""Kinds of holders that do not count: the callers of this, and the writes that clear a cache."""


def is_held(value: object, namespaces: Collection[object]) -> bool:
    """Tell whether anything but frames and these `namespaces` refers to `value`."""
    known = {id(namespace) for namespace in namespaces}
    return any(
        id(holder) not in known
        and not issubclass(type(holder), _PASSING)
        and not type(holder).__module__.startswith("livepatch.")
        and not _is_version(holder)
        for holder in heap.referrers(value)
    )


def _is_version(holder: object) -> bool:
    """Tell whether `holder` is (epoch, value): how a layered attribute keeps its versions."""
    return type(holder) is tuple and len(holder) == 2 and type(holder[0]) is int  # noqa: PLR2004


def is_bound_by_proxy(value: object) -> bool:
    """Tell whether a bound method of wrapt was made from the proxy `value`: it keeps the wrapper."""
    wrapt: Any = sys.modules.get("wrapt")
    return wrapt is not None and any(
        issubclass(type(holder), wrapt.BoundFunctionWrapper) for holder in heap.referrers(value)
    )


def namespace_of(owner: type) -> list[object]:
    """Give the dictionary behind the attributes of the class `owner`."""
    return [held for held in gc.get_referents(owner) if type(held) is dict]
