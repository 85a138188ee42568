"""Cached answers belong to a version: callers pinned to an older one get a cache of their own.

A patch clears the `lru_cache` around a function that changed. While sessions are open, those on
the old version would fill it again with old answers, so the names under which the cache is known
lead them to a new, empty one around the old version.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Collection, Iterator, Sequence
from types import FunctionType
from typing import Any

from livepatch.model import MISSING, Write, WriteKind
from livepatch.patching.layering import Layering, Namespace, needed
from livepatch.runtime import epochs, lookup
from livepatch.runtime.epochs import Versioned

Cache = type(functools.lru_cache(len))
RUN_AGAIN = frozenset({"cache_clear", "_clear_cache", "abstract methods", "code registry"})
"""Calls that are due once more when the last older session is over; any other happens once."""


def is_cache(wrapper: Any) -> bool:
    """Tell whether `wrapper` caches the answers of a Python function that it wraps itself."""
    return type(wrapper) is Cache and type(wrapper.__wrapped__) is FunctionType


def copy_of(cache: Any, function: FunctionType) -> Any:
    """Give an empty cache like `cache` around `function`."""
    return functools.lru_cache(**cache.cache_parameters())(function)


def emptied(writes: Sequence[Write]) -> list[Write]:
    """Give `writes`, and what empties each cache that one of them brings back.

    It may have answers of the time before, such as a generator that has been used up.
    """
    known = {id(write.target) for write in writes if write.name == "cache_clear"}
    found: dict[int, Any] = {
        id(write.value): write.value for write in writes if is_cache(write.value)
    }
    return [
        *writes,
        *(
            Write(WriteKind.CALL, cache, "cache_clear", cache.cache_clear)
            for key, cache in found.items()
            if key not in known
        ),
    ]


def names_of(cache: Any) -> Iterator[tuple[Namespace, str]]:
    """Give the names in modules that lead to `cache`."""
    for module in list(sys.modules.values()):
        namespace = getattr(module, "__dict__", None)
        if type(namespace) is dict:
            for name, value in list(namespace.items()):
                if value is cache:
                    yield namespace, name


def owner_of(cache: Any) -> tuple[type, str] | None:
    """Give the class in whose body `cache` was defined, and its name there."""
    function = cache.__wrapped__
    *path, name = function.__qualname__.split(".")
    module = sys.modules.get(function.__module__)
    if not path or module is None:
        return None
    owner = lookup.resolve_class(module, path)
    return None if owner is None else (owner, name)


def layer(
    layering: Layering,
    write: Write,
    rebound: dict[int, tuple[Namespace, dict[str, str]]],
) -> None:
    """Note under which names older versions have to find a cache of their own."""
    cache: Any = write.target
    if not is_cache(cache):
        layering.caches.append(write)
        return
    for namespace, name in names_of(cache):
        alias = f"{name}@{layering.since}"
        layering.cached.append((cache, namespace, alias))
        rebound.setdefault(id(namespace), (namespace, {}))[1].setdefault(name, alias)


def split(layering: Layering, pins: Collection[int]) -> None:
    """Give older versions their caches, now that the functions inside these are there."""
    older = {
        id(stack.function): stack.eras[-2].clone
        for stack in layering.stacks
        if len(stack.eras) > 1
    }
    for cache, namespace, alias in layering.cached:
        clone = older.get(id(cache.__wrapped__))
        if alias not in namespace:
            own = cache if clone is None else copy_of(cache, clone)
            layering.keep(namespace, alias, own)
    for write in layering.writes:
        place = owner_of(write.target) if is_cache(write.target) else None
        clone = older.get(id(getattr(write.target, "__wrapped__", None)))
        if write.kind is WriteKind.CALL and place is not None and clone is not None:
            _split_in_class(layering, write.target, place, clone, pins)


def _split_in_class(
    layering: Layering,
    cache: Any,
    place: tuple[type, str],
    clone: FunctionType,
    pins: Collection[int],
) -> None:
    owner, name = place
    now = type.__getattribute__(owner, "__dict__").get(name, MISSING)
    if epochs.logical(now) is not cache:
        return
    own = copy_of(cache, clone)
    eras = now.eras if isinstance(now, Versioned) else ((0, cache),)
    older = [(since, own if value is cache else value) for since, value in eras]
    older = needed([era for era in older if era[0] < layering.since], pins, layering.since)
    standing = epochs.versioned(owner, name, (*older, (layering.since, cache)))
    layering.attributes[id(owner), name] = standing
    layering.writes.append(Write(WriteKind.TYPE_ATTRIBUTE, owner, name, standing))
