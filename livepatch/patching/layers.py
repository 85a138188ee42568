"""Writes to writes: the same patch, so made that callers pinned to an older epoch do not see it.

A function gets a code that picks the version; a class attribute becomes a `Versioned`; a
name that is removed stays until nobody needs it; a name that is rebound is rebound, and the
older versions of the functions that read it read its old value under an alias. `settled` gives
the writes that end all this where nobody is pinned any more.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any

from livepatch.model import MISSING, FunctionState, Write, WriteKind
from livepatch.patching import caches
from livepatch.patching.copies import Copies, is_alias, old_code, unread
from livepatch.patching.layering import (
    Births,
    Kept,
    Layering,
    Namespace,
    can_vary,
    is_dunder,
    is_module_namespace,
    must_wait,
    needed,
    readers,
)  # fmt: skip
from livepatch.runtime import build, epochs, stubs, versions
from livepatch.runtime.epochs import Era, Stack, Versioned
from livepatch.runtime.functions import ANNOTATIONS
from livepatch.runtime.sharing import Replaced

StateOf = Callable[[FunctionType], FunctionState]


class Layers:
    """Everything that stands in the program with several versions now."""

    def __init__(self, state_of: StateOf) -> None:
        """Have nothing; `state_of` reads a live function."""
        self._state_of = state_of
        self._picking: dict[int, Any] = {}
        self._guarded: dict[int, Any] = {}
        self._attributes: dict[tuple[int, str], Versioned] = {}
        self._kept: dict[tuple[int, str], Kept] = {}
        self._births = Births()
        self._caches: list[tuple[int, Write]] = []
        self._copies = Copies()

    def __bool__(self) -> bool:
        """Tell whether anything has several versions."""
        versioned = self._picking or self._attributes or self._kept
        return bool(versioned or self._births or self._caches or self._copies)

    def current(self, write: Write, look: Callable[[Write], object]) -> object:
        """Give what `write` replaces as far as the newest version is concerned."""
        if write.kind is WriteKind.FIRST_LINE or not self:
            return look(write)
        key = (id(write.target), str(write.name))
        if write.kind is WriteKind.FUNCTION and id(write.target) in epochs.stacks:
            return epochs.stacks[id(write.target)].plain
        if key in self._kept and write.kind is self._kept[key].kind and "@" not in key[1]:
            return MISSING  # it only waits for the sessions that still need it
        return epochs.logical(look(write))

    def layered(  # noqa: C901  one case per kind of write
        self, writes: Sequence[Write], since: int, pins: Collection[int]
    ) -> Layering:
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
                case WriteKind.ITEM if is_module_namespace(target):
                    self._layer_name(layering, write, rebound)
                case WriteKind.TYPE_ATTRIBUTE:
                    self._layer_attribute(layering, write, pins)
                case WriteKind.FIRST_LINE:
                    layering.writes.extend(self._line_writes(write))
                case WriteKind.CALL:
                    layering.writes.append(write)
                    if write.name in caches.RUN_AGAIN:
                        caches.layer(layering, write, rebound)
                case _:
                    layering.writes.append(write)
        self._layer_functions(layering, functions, rebound, pins)
        aliases = unread(self._kept.values(), layering.stacks)
        layering.writes.extend(self._copies.without(aliases))
        layering.revived.extend((id(kept.target), kept.name) for kept in aliases)
        if any(write.kind is WriteKind.CALL for write in layering.writes):
            caches.split(layering, pins)
        for write in writes:
            if write.kind is WriteKind.ATTRIBUTE and write.name == ANNOTATIONS:
                layering.annotated[id(write.target)] = write.value
        return layering

    @staticmethod
    def show_signatures(layering: Layering) -> None:
        """Let `inspect.signature` give the newest parameters where the code takes any."""
        for function, clone in layering.signatures:
            value = layering.annotated.get(id(function), getattr(function, ANNOTATIONS))
            signature = stubs.shown_signature(clone, value)
            if signature is not None:
                layering.keep(vars(function), "__signature__", signature)

    def accept(self, layering: Layering, replaced: Sequence[Replaced] = ()) -> None:
        """Note what a commit has made true; `replaced` are code objects and what follows them."""
        for stack in layering.stacks:
            epochs.stacks[id(stack.function)] = stack
        self._picking.update(layering.picking)
        self._attributes.update(layering.attributes)
        self._births.update(layering.born)
        for key in layering.revived:
            self._kept.pop(key, None)
        self._kept.update(layering.kept)
        self._caches.extend((layering.since, write) for write in layering.caches)
        self._copies.add(layering.copies.values(), layering.since)
        self._copies.follow(replaced, layering.since)

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
            born = self._births.of(key)
            if born >= layering.since:
                layering.writes.append(write)  # nobody but the patch has seen it
            elif old is not MISSING:
                layering.kept[key] = Kept(namespace, name, old, layering.since, born=born)
            return
        layering.kept.pop(key, None)
        layering.revived.append(key)
        layering.writes.append(write)
        if old is MISSING:
            layering.born[key] = (layering.since, namespace)
        if old is MISSING or old is write.value or is_dunder(name):
            return
        alias = f"{name}@{layering.since}"
        layering.aliased[id(namespace), alias] = old
        rebound.setdefault(id(namespace), (namespace, {}))[1][name] = alias

    def _layer_attribute(self, layering: Layering, write: Write, pins: Collection[int]) -> None:
        cls: Any = write.target
        name = str(write.name)
        now = type.__getattribute__(cls, "__dict__").get(name, MISSING)
        now = layering.attributes.get((id(cls), name), now)
        old = epochs.logical(now)
        born = self._births.of((id(cls), name))
        if old is MISSING:
            layering.born[id(cls), name] = (layering.since, cls)
        if born >= layering.since and write.value is MISSING and not isinstance(now, Versioned):
            layering.writes.append(write)  # nobody but the patch has seen it
            return
        if must_wait(cls, name, write.value) and not isinstance(now, Versioned):
            if old is not MISSING:
                kind = WriteKind.TYPE_ATTRIBUTE
                kept = Kept(cls, name, old, layering.since, kind, born)
                layering.kept[id(cls), name] = kept
            return
        layering.kept.pop((id(cls), name), None)
        layering.revived.append((id(cls), name))
        if not isinstance(now, Versioned) and not can_vary(cls, name, old, write.value):
            layering.writes.append(write)
            return
        first = ((0, MISSING), (born, old)) if born else ((0, old),)
        eras = now.eras if isinstance(now, Versioned) else first
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
            for reader in readers(namespace, aliases):
                if id(reader) not in every:
                    every[id(reader)] = (reader, self.plain(reader))
        for key, (function, state) in every.items():
            _, aliases = rebound.get(id(function.__globals__), (None, {}))
            self._layer_function(
                layering, function, state, aliases, pins, written=key in functions
            )

    def plain(self, function: FunctionType) -> FunctionState:
        """Give what `function` is as far as the newest version is concerned."""
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
        code = state.code if written else None
        older = [self._as_old(layering, era, aliases, code) for era in eras]
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
        if stubs.is_open(code):
            layering.signatures.append((function, chosen[-1].clone))

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

    def _as_old(
        self, layering: Layering, era: Era, aliases: Mapping[str, str], new: CodeType | None
    ) -> Era:
        """Give the era, with a copy of its code where that has to be another one from now on."""
        code = old_code(layering, era, aliases, new)
        if code is None:
            return era
        return self._era_of(layering, era.clone, era.state, code, era.since)

    def guarded(
        self, functions: Sequence[FunctionType], trip: Callable[[Any], object]
    ) -> tuple[list[Write], list[Write]]:
        """Give the writes for clones, then those that wrap `functions` in a `try` of their own."""
        layering = Layering(0)
        for function in functions:
            if id(function) in epochs.stacks or epochs.is_hidden(function):
                continue
            era = self._era(layering, function, self._state_of(function), 0)
            code = stubs.guarding_code(era, trip)
            if code is not None:
                state = FunctionState(
                    code, era.state.closure, era.state.defaults, era.state.kwdefaults
                )
                layering.writes.append(Write(WriteKind.FUNCTION, function, "", state))
                layering.stacks.append(Stack(function, (era,)))
                layering.picking[id(function)] = code
        self._guarded.update(layering.picking)
        self.accept(layering)
        return layering.clones, layering.writes

    def unguard(self) -> None:
        """Let `settled` put plain code where functions were guarded."""
        self._guarded.clear()

    def settled(self, pins: Collection[int]) -> list[Write]:  # noqa: C901
        """Give the writes that end what no caller pinned to one of `pins` needs any more."""
        writes: list[Write] = []
        for key, code in list(self._picking.items()):
            stack = epochs.stacks[key]
            if self._guarded.get(key) is code:
                continue
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
        aliases = []
        for place, kept in list(self._kept.items()):
            if not kept.is_needed(pins):
                del self._kept[place]
                if is_alias(kept.kind, kept.name):
                    aliases.append(kept)
                elif kept.now is kept.value:
                    writes.append(Write(kept.kind, kept.target, kept.name, MISSING))
        writes = self._copies.settle(first, writes, aliases)
        over = [write for since, write in self._caches if first >= since]
        self._caches = [item for item in self._caches if first < item[0]]
        self._births.forget(pins)
        return writes + over
