"""One write for all functions that share a code object and need nothing but another one.

There may be a hundred thousand closures of one edited `def`. A write for each, with an inverse
of its own, costs seventy times what it takes to swap their code.
"""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from types import CodeType, FunctionType

from livepatch import interp
from livepatch.model import FunctionState, Write, WriteKind
from livepatch.runtime import heap, versions

StateOf = Callable[[FunctionType], FunctionState]


@dataclass(frozen=True, slots=True)
class Sharers:
    """Functions that run `code`."""

    code: CodeType
    functions: Sequence[FunctionType]


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Whoever runs a code object when a commit looks.

    What takes a patch back is about them. So it keeps no closure alive, and overlooks none that
    was made since. The code is not kept either: one more reference to it would look like one
    more owner, and each later patch would search the heap for that.
    """

    code: weakref.ref[CodeType]


def write(old: CodeType, new: CodeType, functions: Sequence[FunctionType]) -> Write:
    """Give the write that lets `functions`, which run `old`, run `new`."""
    return Write(WriteKind.CODE, Sharers(old, functions), "", new)


def write_for_users(old: CodeType, new: CodeType) -> Write:
    """Give the write that lets whoever runs `old` by then run `new`."""
    return Write(WriteKind.CODE, Unnamed(weakref.ref(old)), "", new)


def replacements(writes: Sequence[Write]) -> list[tuple[CodeType, CodeType]]:
    """Give which code objects the writes for many replace by which, in order."""
    return [
        (item.target.code, item.value)
        for item in writes
        if isinstance(item.target, Sharers) and isinstance(item.value, CodeType)
    ]


def functions_of(shared: Write) -> Sequence[FunctionType]:
    """Give the functions that a write for many is about; empty for any other write."""
    return shared.target.functions if isinstance(shared.target, Sharers) else ()


def named(writes: Sequence[Write]) -> Sequence[Write]:
    """Give `writes` with the functions of each that is for many: one search of the heap for all.

    What an earlier write brings to a code object is counted among its functions, and what one
    takes away from it is not.
    """
    unnamed = [write.target for write in writes if isinstance(write.target, Unnamed)]
    if not unnamed:
        return writes
    # In one expression: a variable would be one more owner of a code object.
    users = heap.users_of(with_functions(list(filter(None, (u.code() for u in unnamed)))))
    running = {key: found.functions for key, found in users.items()}
    turned: dict[int, int] = {}  # by the id of a function that was written to: its code
    result = []
    for item in writes:
        one, value = item, item.value
        if isinstance(item.target, Unnamed) and isinstance(value, CodeType):
            code = item.target.code() or value  # nobody runs what is gone
            functions = running.pop(id(code), []) if code is not value else []
            if turned:
                mine = id(code)
                functions = [f for f in functions if turned.get(id(f), mine) == mine]
                turned.update((id(f), id(value)) for f in functions if id(f) in turned)
            one = write(code, value, functions)
            running.setdefault(id(value), []).extend(functions)
        elif isinstance(value, FunctionState) and isinstance(item.target, FunctionType):
            running.setdefault(id(value.code), []).append(item.target)
            turned[id(item.target)] = id(value.code)
        result.append(one)
    return result


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


def batched(batches: Sequence[Sequence[Write]]) -> list[Sequence[Write]]:
    """Give `batches`, which are one commit, with their functions named."""
    every = iter(named([item for batch in batches for item in batch]))
    return [list(islice(every, len(batch))) for batch in batches]
