"""One write for all functions that share a code object and need nothing but another one.

There may be a hundred thousand closures of one edited `def`. A write for each, with an inverse
of its own, costs seventy times what it takes to swap their code.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from types import CodeType, FunctionType

from livepatch import interp
from livepatch.model import FunctionState, Write, WriteKind
from livepatch.runtime import heap, versions
from livepatch.runtime.shaping import Shape

StateOf = Callable[[FunctionType], FunctionState]


@dataclass(frozen=True, slots=True)
class Sharers:
    """Functions that run `code`.

    Where they need more than other code, `shape` says what, each of them has writes of its own,
    and `functions` is empty. `messages` say what some of them keep.
    """

    code: CodeType
    functions: Sequence[FunctionType]
    shape: Shape | None = None
    messages: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Whoever runs a code object when a commit looks, and what they get beside other code.

    What takes a patch back is about them. So it keeps no closure alive, and overlooks none that
    was made since. The code is not kept either: one more reference to it would look like one
    more owner, and each later patch would search the heap for that.
    """

    code: weakref.ref[CodeType]
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Replaced:
    """A code object, what follows it, and what its functions get beside that."""

    old: CodeType
    new: CodeType
    shape: Shape | None


def write(
    old: CodeType, new: CodeType, functions: Sequence[FunctionType], shape: Shape | None = None
) -> Write:
    """Give the write that lets `functions`, which run `old`, run `new`."""
    return Write(WriteKind.CODE, Sharers(old, functions, shape), "", new)


def write_for_users(old: CodeType, new: CodeType, shape: Shape | None = None) -> Write:
    """Give the write that lets whoever runs `old` by then run `new`."""
    return Write(WriteKind.CODE, Unnamed(weakref.ref(old), shape), "", new)


def taken_back(shared: Write) -> Write:
    """Give the write that takes one for many back, for whoever it is about by then."""
    target, code = shared.target, shared.value
    assert isinstance(target, Sharers) and isinstance(code, CodeType)  # noqa: S101, PT018
    return write_for_users(code, target.code, target.shape and target.shape.reversed())


def replacements(writes: Sequence[Write]) -> list[Replaced]:
    """Give which code objects the writes for many replace by which, in order."""
    return [
        Replaced(item.target.code, item.value, item.target.shape)
        for item in writes
        if isinstance(item.target, Sharers) and isinstance(item.value, CodeType)
    ]


def functions_of(shared: Write) -> Sequence[FunctionType]:
    """Give the functions that a write for many is about; empty for any other write."""
    return shared.target.functions if isinstance(shared.target, Sharers) else ()


def messages_of(writes: Sequence[Write]) -> Iterator[tuple[CodeType, str]]:
    """Give what functions keep that `writes` are about, each with the code they should run."""
    for item in writes:
        if isinstance(item.target, Sharers) and isinstance(item.value, CodeType):
            for message in item.target.messages:
                yield item.value, message


def named(writes: Sequence[Write]) -> Sequence[Write]:
    """Give `writes` with the functions of each that is for many: one search of the heap for all.

    What an earlier write brings to a code object is counted among its functions, and what one
    takes away from it is not.
    """
    return batched([writes])[0]


def batched(batches: Sequence[Sequence[Write]]) -> Sequence[Sequence[Write]]:
    """Give `batches`, which are one commit, with their functions named."""
    every = [item.target for batch in batches for item in batch]
    unnamed = [target for target in every if isinstance(target, Unnamed)]
    if not unnamed:
        return batches
    # In one expression: a variable would be one more owner of a code object.
    users = heap.users_of(with_functions(list(filter(None, (u.code() for u in unnamed)))))
    naming = _Naming({key: found.functions for key, found in users.items()})
    return [naming.named(batch) for batch in batches]


class _Naming:
    """What runs which code in the middle of a commit that is about to be."""

    def __init__(self, running: dict[int, list[FunctionType]]) -> None:
        """Begin with the functions that run a code object now, by its id."""
        self._running = running
        self._written: dict[int, list[Write]] = {}  # by the id of the function
        self._codes: dict[int, CodeType] = {}  # of functions that were written to, by their id

    def named(self, batch: Sequence[Write]) -> list[Write]:
        """Give `batch` with the functions of each write that is for many."""
        explicit = {id(item.target) for item in batch if item.kind is WriteKind.FUNCTION}
        result = []
        for item in batch:
            if isinstance(item.target, Unnamed) and isinstance(item.value, CodeType):
                result.extend(self._served(item.target, item.value, explicit))
                continue
            if isinstance(item.target, FunctionType):
                self._note(item.target, item)
            result.append(item)
        return result

    def _note(self, function: FunctionType, item: Write) -> None:
        self._written.setdefault(id(function), []).append(item)
        if isinstance(item.value, FunctionState):
            self._running.setdefault(id(item.value.code), []).append(function)
            self._codes[id(function)] = item.value.code

    def _served(self, target: Unnamed, value: CodeType, explicit: set[int]) -> list[Write]:
        code = target.code() or value  # nobody runs what is gone
        functions = self._running.pop(id(code), []) if code is not value else []
        functions = [f for f in functions if self._codes.get(id(f), code) is code]
        if target.shape is None:
            self._codes.update((id(f), value) for f in functions if id(f) in self._codes)
            self._running.setdefault(id(value), []).extend(functions)
            return [write(code, value, functions)]
        writes: list[Write] = []
        messages: list[str] = []
        for function in functions:
            if id(function) in explicit:
                continue  # what it was is known
            earlier = self._written.get(id(function), ())
            made, kept = target.shape.writes_after(function, earlier, code, value)
            for item in made:
                if item.target is function:
                    self._note(function, item)
            writes.extend(made)
            messages.extend(kept)
        sharers = Sharers(code, [], target.shape, tuple(dict.fromkeys(messages)))
        return [Write(WriteKind.CODE, sharers, "", value), *writes]


def with_functions(codes: list[CodeType]) -> list[CodeType]:
    """Give those of `codes` that somebody owns besides the enclosing code.

    That code lives: what goes back together with `codes` is the function that runs it.
    """
    base = interp.lone_constant_count()
    owners = [interp.constant_count(codes, index) - base for index in range(len(codes))]
    return [code for code, more in zip(codes, owners, strict=True) if more > 0]


def singly(writes: Sequence[Write], state_of: StateOf) -> Iterator[Write]:
    """Give `writes` with a write for each function; `state_of` says what it is at first."""
    states: dict[int, FunctionState] = {}  # what earlier writes of the commit make of functions
    for item in named(writes):
        if isinstance(item.value, FunctionState):
            states[id(item.target)] = item.value
        if item.kind is not WriteKind.CODE or not isinstance(item.value, CodeType):
            yield item
            continue
        version = versions.version_for(item.value)
        for function in functions_of(item):
            state = states.get(id(function)) or state_of(function)
            state = replace(state, code=item.value, version=version)
            states[id(function)] = state
            yield Write(WriteKind.FUNCTION, function, "", state)
