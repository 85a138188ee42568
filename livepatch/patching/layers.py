"""Writes to writes: the same patch, so made that callers pinned to an older epoch do not see it.

A function gets a code that picks the version; a class attribute becomes a `Versioned`; a
name that is removed stays until nobody needs it; a name that is rebound is rebound, and the
older versions of the functions that read it read its old value under an alias. `settled` gives
the writes that end all this where nobody is pinned any more.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import FunctionType, MemberDescriptorType, ModuleType
from typing import Any

from livepatch.model import MISSING, FunctionState, Write, WriteKind
from livepatch.runtime import build, epochs, lookup, stubs, versions
from livepatch.runtime.epochs import Era, Stack, Versioned

DIRECT = frozenset(
    {"__annotate__", "__annotate_func__", "__annotations_cache__", "__class_getitem__",
     "__init_subclass__", "__set_name__", "__dict__", "__weakref__", "__bases__", "__class__",
     "__name__", "__qualname__", "__abstractmethods__", "__type_params__", "__hash__"}
)  # fmt: skip
"""Attributes of a class that have one value for everybody: the interpreter reads them itself."""

StateOf = Callable[[FunctionType], FunctionState]
Namespace = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry of a module's namespace that goes when nobody is pinned before `since`."""

    namespace: Namespace
    name: str
    value: Any
    since: int


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
    caches: list[Write] = field(default_factory=list)


class Layers:
    """Everything that stands in the program with several versions now."""

    def __init__(self, state_of: StateOf) -> None:
        """Have nothing; `state_of` reads a live function."""
        self._state_of = state_of
        self._picking: dict[int, Any] = {}
        self._attributes: dict[tuple[int, str], Versioned] = {}
        self._kept: dict[tuple[int, str], Kept] = {}
        self._caches: list[tuple[int, Write]] = []

    def __bool__(self) -> bool:
        """Tell whether anything has several versions."""
        return bool(self._picking or self._attributes or self._kept or self._caches)

    def current(self, write: Write, look: Callable[[Write], object]) -> object:
        """Give what `write` replaces as far as the newest version is concerned."""
        key = (id(write.target), str(write.name))
        if write.kind is WriteKind.FUNCTION and id(write.target) in epochs.stacks:
            return epochs.stacks[id(write.target)].plain
        if write.kind is WriteKind.ITEM and key in self._kept and "@" not in key[1]:
            return MISSING  # it only waits for the sessions that still need it
        return epochs.logical(look(write))

    def layered(self, writes: Sequence[Write], since: int, pins: Collection[int]) -> Layering:
        """Give what to write so that `writes` hold for callers pinned to `since` or later.

        `pins` are the older epochs that somebody may be pinned to.
        """
        layering = Layering(since)
        functions: dict[int, tuple[FunctionType, FunctionState]] = {}
        rebound: dict[int, tuple[Namespace, dict[str, str]]] = {}
        for write in writes:
            target: Any = write.target
            match write.kind:
                case WriteKind.FUNCTION if not epochs.is_hidden(target):
                    state: Any = write.value
                    functions[id(target)] = (target, state)
                case WriteKind.ITEM if _is_module_namespace(target):
                    self._layer_name(layering, write, rebound)
                case WriteKind.TYPE_ATTRIBUTE:
                    self._layer_attribute(layering, write, pins)
                case WriteKind.FIRST_LINE:
                    layering.writes.extend(self._line_writes(write))
                case WriteKind.CALL:
                    layering.writes.append(write)
                    layering.caches.append(write)
                case _:
                    layering.writes.append(write)
        self._layer_functions(layering, functions, rebound, pins)
        return layering

    def accept(self, layering: Layering) -> None:
        """Note what a commit has made true."""
        for stack in layering.stacks:
            epochs.stacks[id(stack.function)] = stack
        self._picking.update(layering.picking)
        self._attributes.update(layering.attributes)
        for key in layering.revived:
            self._kept.pop(key, None)
        self._kept.update(layering.kept)
        self._caches.extend((layering.since, write) for write in layering.caches)

    def _layer_name(
        self,
        layering: Layering,
        write: Write,
        rebound: dict[int, tuple[Namespace, dict[str, str]]],
    ) -> None:
        namespace: Any = write.target
        name = str(write.name)
        key = (id(namespace), name)
        old = namespace.get(name, MISSING)
        if write.value is MISSING:
            if old is not MISSING:
                layering.kept[key] = Kept(namespace, name, old, layering.since)
            return
        layering.kept.pop(key, None)
        layering.revived.append(key)
        layering.writes.append(write)
        if old is MISSING or old is write.value or _is_dunder(name):
            return
        alias = f"{name}@{layering.since}"
        if alias not in namespace and (id(namespace), alias) not in layering.kept:
            layering.kept[id(namespace), alias] = Kept(namespace, alias, old, layering.since)
            layering.writes.append(Write(WriteKind.ITEM, namespace, alias, old))
        rebound.setdefault(id(namespace), (namespace, {}))[1][name] = alias

    def _layer_attribute(self, layering: Layering, write: Write, pins: Collection[int]) -> None:
        cls: Any = write.target
        name = str(write.name)
        now = type.__getattribute__(cls, "__dict__").get(name, MISSING)
        now = layering.attributes.get((id(cls), name), now)
        old = epochs.logical(now)
        if not isinstance(now, Versioned) and not _can_vary(cls, name, old, write.value):
            layering.writes.append(write)
            return
        eras = now.eras if isinstance(now, Versioned) else ((0, old),)
        older = [era for era in eras if era[0] < layering.since]
        chosen = (*needed(older, pins, layering.since), (layering.since, write.value))
        standing = epochs.versioned(cls, name, chosen)
        layering.attributes[id(cls), name] = standing
        layering.writes.append(Write(WriteKind.TYPE_ATTRIBUTE, cls, name, standing))

    def _line_writes(self, write: Write) -> Iterator[Write]:
        """Move the picking code of a function together with its newest code."""
        yield write
        for stack in epochs.stacks.values():
            if stack.plain.code is write.target:
                picking = self._picking.get(id(stack.function))
                yield Write(WriteKind.FIRST_LINE, picking, write.name, write.value)

    def _layer_functions(
        self,
        layering: Layering,
        functions: Mapping[int, tuple[FunctionType, FunctionState]],
        rebound: Mapping[int, tuple[Namespace, dict[str, str]]],
        pins: Collection[int],
    ) -> None:
        every = dict(functions)
        for namespace, aliases in rebound.values():
            for reader in _readers(namespace, frozenset(aliases)):
                if id(reader) not in every:
                    every[id(reader)] = (reader, self._plain(reader))
        for key, (function, state) in every.items():
            _, aliases = rebound.get(id(function.__globals__), (None, {}))
            self._layer_function(
                layering, function, state, aliases, pins, written=key in functions
            )

    def _plain(self, function: FunctionType) -> FunctionState:
        stack = epochs.stacks.get(id(function))
        return self._state_of(function) if stack is None else stack.plain

    def _layer_function(  # noqa: PLR0913
        self,
        layering: Layering,
        function: FunctionType,
        state: FunctionState,
        aliases: Mapping[str, str],
        pins: Collection[int],
        *,
        written: bool,
    ) -> None:
        stack = epochs.stacks.get(id(function))
        if stack is None:
            before = self._state_of(function)
            eras = [self._era(layering, function, before, 0)]
        else:
            eras = [era for era in stack.eras if era.since < layering.since]
        found = {era.since: era for era in eras}
        eras = [
            found[since]
            for since, _ in needed([(s, None) for s in found], pins, layering.since)
        ]
        older = [self._with_aliases(layering, function, era, aliases) for era in eras]
        if not written and all(a is b for a, b in zip(older, eras, strict=True)):
            return
        chosen = (*older, self._era(layering, function, state, layering.since))
        code = stubs.picking_code(chosen)
        if code is None:
            layering.writes.append(Write(WriteKind.FUNCTION, function, "", state))
            return
        version = 0
        if state.version and not code.co_freevars:
            template = build.function_of(code, function.__globals__, None)
            version = versions.version_of(template)
        picking = FunctionState(code, state.closure, state.defaults, state.kwdefaults, version)
        layering.writes.append(Write(WriteKind.FUNCTION, function, "", picking))
        layering.stacks.append(Stack(function, chosen))
        layering.picking[id(function)] = code

    def _era(
        self, layering: Layering, function: FunctionType, state: FunctionState, since: int
    ) -> Era:
        return self._era_of(layering, function, state, state.code, since)

    @staticmethod
    def _era_of(
        layering: Layering, function: FunctionType, state: FunctionState, code: Any, since: int
    ) -> Era:
        clone = stubs.clone_of(function, state, code)
        version = state.version if code is state.code else 0
        full = FunctionState(code, state.closure, state.defaults, state.kwdefaults, version)
        layering.clones.append(Write(WriteKind.FUNCTION, clone, "", full))
        return Era(since, clone, state)

    def _with_aliases(
        self, layering: Layering, function: FunctionType, era: Era, aliases: Mapping[str, str]
    ) -> Era:
        """Give the era, reading the old values of the names that are rebound now."""
        code = era.clone.__code__
        read = stubs.reads(code, frozenset(aliases)) if aliases else frozenset()
        if not read:
            return era
        other = stubs.aliased(code, {name: aliases[name] for name in read})
        if other is None:
            return era
        return self._era_of(layering, function, era.state, other, era.since)

    def settled(self, pins: Collection[int]) -> list[Write]:
        """Give the writes that end what no caller pinned to one of `pins` needs any more."""
        writes: list[Write] = []
        for key, code in list(self._picking.items()):
            stack = epochs.stacks[key]
            if len(needed([(era.since, None) for era in stack.eras], pins, epochs.NEWEST)) > 1:
                continue
            del self._picking[key], epochs.stacks[key]
            if stack.function.__code__ is code:  # else the program itself has replaced it
                writes.append(Write(WriteKind.FUNCTION, stack.function, "", stack.plain))
        for place, standing in list(self._attributes.items()):
            if len(needed(standing.eras, pins, epochs.NEWEST)) > 1:
                continue
            del self._attributes[place]
            namespace = type.__getattribute__(standing.owner, "__dict__")
            if namespace.get(standing.name) is standing:
                writes.append(
                    Write(
                        WriteKind.TYPE_ATTRIBUTE, standing.owner, standing.name, standing.newest
                    )
                )
        first = min(pins, default=epochs.NEWEST)
        for place, kept in list(self._kept.items()):
            if first >= kept.since:
                del self._kept[place]
                if kept.namespace.get(kept.name, MISSING) is kept.value:
                    writes.append(Write(WriteKind.ITEM, kept.namespace, kept.name, MISSING))
        over = [write for since, write in self._caches if first >= since]
        self._caches = [item for item in self._caches if first < item[0]]
        return writes + over


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


def _is_dunder(name: str) -> bool:
    return name.startswith("__") and name.endswith("__")


def _is_module_namespace(target: Any) -> bool:
    return (
        type(target) is dict
        and isinstance(target.get("__name__"), str)
        and "__spec__" in target
    )


def _can_vary(cls: type, name: str, old: Any, new: Any) -> bool:
    """Tell whether an attribute can have several versions, and has to."""
    if old is new or name in DIRECT or isinstance(old, MemberDescriptorType):
        return False
    if type(cls).__module__ == "enum" or isinstance(new, MemberDescriptorType):
        return False
    inherited = any(name in vars(base) for base in cls.__mro__[1:])
    if old is MISSING and not inherited:
        return False  # nobody who is pinned knows of it
    if not _is_dunder(name):
        return True
    if new is MISSING and not inherited:
        return False  # the interpreter must not find an operator that is not there
    return all(
        value is MISSING or callable(value) or hasattr(type(value), "__get__")
        for value in (old, new)
    )


def _readers(namespace: Namespace, names: frozenset[str]) -> list[FunctionType]:
    """Give the functions of a module some version of which reads one of its `names`."""
    found: dict[int, FunctionType] = {}
    module = _module_of(namespace)
    if module is not None:
        for function in lookup.local_functions(
            module, lambda code: not names.isdisjoint(_names(code))
        ):
            mine = function.__globals__ is namespace and not epochs.is_hidden(function)
            if mine and stubs.reads(epochs.plain_code(function), names):
                found[id(function)] = function
    for stack in epochs.stacks.values():
        if stack.function.__globals__ is namespace and any(
            stubs.reads(era.clone.__code__, names) for era in stack.eras
        ):
            found[id(stack.function)] = stack.function
    return list(found.values())


def _names(code: Any) -> set[str]:
    found = set(code.co_names)
    for const in code.co_consts:
        if isinstance(const, type(code)):
            found |= _names(const)
    return found


def _module_of(namespace: Namespace) -> ModuleType | None:
    module = sys.modules.get(namespace["__name__"])
    if isinstance(module, ModuleType) and vars(module) is namespace:
        return module
    holders = gc.get_referrers(namespace)
    return next((found for found in holders if isinstance(found, ModuleType)), None)
