"""Line numbers of code that only moved: tracebacks and breakpoints stay right.

The first line of a code object is shifted in place where that is possible: running frames,
closures and copies follow at once and nothing has to warm up again (MECHANISMS, G). Elsewhere
functions get relined copies.
"""

from __future__ import annotations

import dis
from collections.abc import Callable, Iterator, Sequence
from types import CodeType, FunctionType, ModuleType
from typing import Any

from livepatch.model import FunctionState, Write, WriteKind
from livepatch.runtime import epochs, lookup

Shift = Callable[[int], int]
"""Gives by how many lines the code that starts on a line of the old text moved."""
FIRST_LINE = "__firstlineno__"
LOAD_SMALL = dis.opmap.get("LOAD_SMALL_INT", 0)  # the number itself, from 3.14 on
SMALL = 256  # what an argument can be
UNIT = 2  # bytes of an instruction


def code_writes(code: CodeType, delta: int) -> list[Write]:
    """Give the writes that move `code` and all code nested in it by `delta` lines."""
    writes = [Write(WriteKind.FIRST_LINE, code, "", code.co_firstlineno + delta)]
    for const in code.co_consts:
        if type(const) is CodeType:
            writes += code_writes(const, delta)
    return writes


def makes_classes(code: CodeType) -> bool:
    """Tell whether `code` makes classes, whose first lines are constants of their bodies (3.13)."""
    return any(
        FIRST_LINE in const.co_names or makes_classes(const)
        for const in code.co_consts
        if type(const) is CodeType
    )


def moved_copy(code: CodeType, delta: int, made: dict[int, CodeType]) -> CodeType:
    """Give a copy of `code` that starts `delta` lines further down, nested code too.

    There is one copy of each code: `made` has those that there are, by the id of the old one.
    """
    if id(code) in made:
        return made[id(code)]
    consts = [
        moved_copy(const, delta, made) if isinstance(const, CodeType) else const
        for const in code.co_consts
    ]
    raw = bytearray(code.co_code)
    if FIRST_LINE in code.co_names:
        _move_first_line(code, raw, consts, delta)
    copy = made[id(code)] = code.replace(
        co_firstlineno=code.co_firstlineno + delta, co_consts=tuple(consts), co_code=bytes(raw)
    )
    return copy


def _move_first_line(code: CodeType, raw: bytearray, consts: list[Any], delta: int) -> None:
    """Have the class body `raw` store a first line that is `delta` further down.

    The compiler has it loaded by one instruction, just before it is stored.
    """
    store = bytes([dis.opmap["STORE_NAME"], code.co_names.index(FIRST_LINE)])
    units = [bytes(raw[at : at + UNIT]) for at in range(0, len(raw), UNIT)]
    if store not in units:
        return  # a function that asks some class for its first line
    at = UNIT * units.index(store)
    load, argument = raw[at - UNIT : at]
    if load == LOAD_SMALL:
        line = argument + delta
    elif load == dis.opmap["LOAD_CONST"] and isinstance(consts[argument], int):
        line = consts[argument] + delta
    else:
        return
    if LOAD_SMALL and line < SMALL:
        raw[at - UNIT : at] = bytes([LOAD_SMALL, line])
        return
    if load == LOAD_SMALL or units.count(bytes([load, argument])) > 1:
        consts.append(line)
        argument = len(consts) - 1
    consts[argument] = line
    if argument < SMALL:
        raw[at - UNIT : at] = bytes([dis.opmap["LOAD_CONST"], argument])


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
        line = type.__getattribute__(cls, "__dict__").get(FIRST_LINE)
        if isinstance(line, int) and shift(line):
            yield Write(WriteKind.TYPE_ATTRIBUTE, cls, FIRST_LINE, line + shift(line))


def relined_state(function: FunctionType, code: CodeType) -> FunctionState:
    """Give the state of `function` with `code` instead of its own."""
    return FunctionState(
        code, function.__closure__, function.__defaults__, function.__kwdefaults__
    )
