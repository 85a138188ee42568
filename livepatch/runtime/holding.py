"""Registries that a library keeps in an object (routes, handlers), as attributes of a class.

An object that is *held* has a class of its own, derived from the one it was made from. The
containers of its registry stand in the namespace of that class, so that a patch replaces them
like any other class attribute: as a whole, unseen by sessions that began before, and with an
inverse. A container that somebody may be reading is never changed in place; a copy is.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import pairwise
from typing import Any
from weakref import WeakValueDictionary

from livepatch.model import MISSING, Write, WriteKind
from livepatch.runtime import epochs, heap

NAMES = "__livepatch_held__"
MERGE = "__livepatch_merged__"

_held: WeakValueDictionary[int, Any] = WeakValueDictionary()
"""The objects that are held, by their ids: these need not be searched for."""

Path = tuple[Any, ...]
Entry = tuple[Path, Any]
"""The keys that lead to something registered (`...` for a place in a list), and that."""


def hold(instance: Any, names: Iterable[str], extra: Mapping[str, Any]) -> type:
    """Give `instance` a class that has its attributes `names`; gives the class.

    `extra` is the rest of the namespace of that class. Nobody sees a difference: every
    attribute is what it was at each moment.
    """
    cls: Any = type(instance)
    own = vars(instance)
    if NAMES in vars(cls):
        _take_in(instance, cls)
        return cls  # type: ignore[no-any-return]
    chosen = tuple(name for name in names if name in own)
    namespace = {
        "__module__": cls.__module__,
        "__qualname__": cls.__qualname__,
        "__doc__": cls.__doc__,
        NAMES: chosen,
        **{name: own[name] for name in chosen},
        **extra,
    }
    held: Any = type(cls)(cls.__name__, (cls,), namespace)
    instance.__class__ = held
    for name in chosen:
        own.pop(name, None)
    _held[id(instance)] = instance
    return held  # type: ignore[no-any-return]


def _take_in(instance: Any, cls: type) -> None:
    """Let the class have what the program has assigned to the instance since."""
    for name in vars(cls)[NAMES]:
        if name in vars(instance):
            type.__setattr__(cls, name, vars(instance)[name])
            vars(instance).pop(name, None)


def is_held(instance: object) -> bool:
    """Tell whether an object has a class of its own."""
    return NAMES in vars(type(instance))


def current(cls: type, name: str) -> Any:
    """Give the newest version of a container."""
    return epochs.logical(vars(cls)[name])


def replacement(cls: type, name: str, value: Any) -> Write:
    """Give the write that puts `value` in the place of a container."""
    return Write(WriteKind.TYPE_ATTRIBUTE, cls, name, value)


def instances_of(kinds: tuple[type, ...]) -> list[Any]:
    """Give the instances of `kinds` and of classes derived from them, in the whole process."""
    found = {key: item for key, item in list(_held.items()) if isinstance(item, kinds)}
    classes: dict[type, None] = {}
    pending = list(kinds)
    while pending:
        cls = pending.pop()
        if cls not in classes and NAMES not in vars(cls):
            classes[cls] = None
            pending.extend(type.__subclasses__(cls))
    for candidate in heap.referrers(*classes):
        if type(candidate) in classes:
            found[id(candidate)] = candidate
    return list(found.values())


def copied(value: Any) -> Any:
    """Give a copy in which all containers are new, and what they hold is the same."""
    own = getattr(value, "__livepatch_copy__", None)
    if own is not None:
        return own()
    if isinstance(value, defaultdict):
        clone: Any = type(value)(value.default_factory)
        clone.update((key, copied(item)) for key, item in value.items())
        return clone
    if isinstance(value, dict):
        return type(value)((key, copied(item)) for key, item in value.items())
    if isinstance(value, list):
        return [copied(item) for item in value]
    return value


def entries(value: Any, path: Path = ()) -> Iterator[Entry]:
    """Give all that is registered in a container, in order."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from entries(item, (*path, key))
    elif isinstance(value, list):
        for item in value:
            yield from entries(item, (*path, ...))
    else:
        yield path, value


def drop(value: Any, gone: Callable[[Path, Any], bool], path: Path = ()) -> bool:
    """Take out of a container what is `gone`, and inner containers that are empty then.

    Tells whether anything was taken out.
    """
    changed = False
    if isinstance(value, dict):
        for key, item in list(value.items()):
            if _is_container(item):
                inner = drop(item, gone, (*path, key))
                changed = changed or inner
                if inner and not item:
                    del value[key]
            elif gone((*path, key), item):
                del value[key]
                changed = True
    elif isinstance(value, list):
        kept = [item for item in value if not gone((*path, ...), item)]
        changed = len(kept) < len(value)
        value[:] = kept
    return changed


def exchange(value: Any, old: object, new: object) -> None:
    """Put `new` in the place of `old` everywhere in a container."""
    places = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in list(places):
        if item is old:
            value[key] = new
        elif _is_container(item):
            exchange(item, old, new)


def _is_container(value: object) -> bool:
    return isinstance(value, dict | list)


def insert(value: Any, path: Path, item: object) -> None:
    """Register `item` under `path`, unless something stands there that is no list."""
    for key, following in pairwise(path):
        inner = value.get(key)
        if inner is None:
            made: Any = [] if following is ... else {}
            factory = value.default_factory if isinstance(value, defaultdict) else None
            inner = value[key] = factory() if factory is not None else made
        value = inner
    if path[-1] is ...:
        value.append(item)
    else:
        value.setdefault(path[-1], item)


def merged(now: Any, base: Any, value: Any) -> Any:
    """Give `now` with the difference between `base` and `value` made in it."""
    result = copied(now)
    before = {(path, id(item)) for path, item in entries(base)}
    after = {(path, id(item)) for path, item in entries(value)}
    gone = before - after
    drop(result, lambda path, item: (path, id(item)) in gone)
    present = {(path, id(item)) for path, item in entries(result)}
    for path, item in entries(value):
        key = (path, id(item))
        if key not in before and key not in present:
            insert(result, path, item)
    return result


def adapted(write: Write, planned: dict[tuple[int, str], Any]) -> Write:
    """Give a write of the history as it has to be now that other hands have changed a registry.

    `write.base` is what its value would replace if nothing had happened since; `planned` is what
    earlier writes of the same turn put there.
    """
    if write.kind is not WriteKind.TYPE_ATTRIBUTE or write.base is MISSING:
        return write
    cls: Any = write.target
    name = str(write.name)
    if name not in vars(cls).get(NAMES, ()):
        return write
    now = planned.get((id(cls), name), current(cls, name))
    merge = getattr(now, MERGE, None)
    chosen = write.value
    if now is not write.base:
        bases = (write.base, write.value)
        chosen = merged(now, *bases) if merge is None else merge(*bases)
    planned[id(cls), name] = chosen
    return Write(write.kind, cls, name, chosen, write.base)
