"""Line numbers of code that only moved: tracebacks and breakpoints stay right.

The first line of a code object is shifted in place where that is possible: running frames,
closures and copies follow at once and nothing has to warm up again (MECHANISMS, G). Elsewhere
functions get relined copies.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType, ModuleType

from livepatch.model import FunctionState, Write, WriteKind
from livepatch.runtime import epochs, lookup

Shift = Callable[[int], int]
"""Gives by how many lines the code that starts on a line of the old text moved."""


def code_writes(code: CodeType, delta: int) -> list[Write]:
    """Give the writes that move `code` and all code nested in it by `delta` lines."""
    writes = [Write(WriteKind.FIRST_LINE, code, "", code.co_firstlineno + delta)]
    for const in code.co_consts:
        if type(const) is CodeType:
            writes += code_writes(const, delta)
    return writes


def moved_copy(code: CodeType, delta: int) -> CodeType:
    """Give a copy of `code` that starts `delta` lines further down, nested code too."""
    consts = tuple(
        moved_copy(const, delta) if isinstance(const, CodeType) else const
        for const in code.co_consts
    )
    return code.replace(co_firstlineno=code.co_firstlineno + delta, co_consts=consts)


def moves(
    module: ModuleType, files: frozenset[str], shift: Shift, skip: set[int]
) -> Iterator[tuple[FunctionType, int]]:
    """Give the functions of `module` whose code moved, and by how many lines.

    `skip` holds the ids of code objects that are replaced anyway.
    """

    def moved(code: CodeType) -> bool:
        return (
            code.co_filename in files
            and id(code) not in skip
            and shift(code.co_firstlineno) != 0
        )

    for function in lookup.local_functions(module, moved):
        code = epochs.plain_code(function)
        if moved(code):  # what was asked about may have been code that picks a version
            yield function, shift(code.co_firstlineno)


def classes_of(module: ModuleType) -> Iterator[type]:
    """Give the classes that `module` defined, nested ones too."""
    pending = [value for value in vars(module).values() if lookup.is_class(value)]
    seen: set[int] = set()
    while pending:
        cls = pending.pop()
        if id(cls) in seen or not lookup.belongs(cls, module):
            continue
        seen.add(id(cls))
        yield cls
        namespace = type.__getattribute__(cls, "__dict__")
        pending.extend(value for value in namespace.values() if lookup.is_class(value))


def class_writes(known: Sequence[type], shift: Shift) -> Iterator[Write]:
    """Give the writes that move `__firstlineno__` of the classes `known` to the old text."""
    for cls in known:
        line = type.__getattribute__(cls, "__dict__").get("__firstlineno__")
        if isinstance(line, int) and shift(line):
            yield Write(WriteKind.TYPE_ATTRIBUTE, cls, "__firstlineno__", line + shift(line))


def relined_state(function: FunctionType, code: CodeType) -> FunctionState:
    """Give the state of `function` with `code` instead of its own."""
    return FunctionState(
        code, function.__closure__, function.__defaults__, function.__kwdefaults__
    )
