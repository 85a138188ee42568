"""Code objects compared with each other, where there is no text of the older one.

Lines and file names never count. A statement of a module or a class body shows in the code as
a *segment*: the instructions from the end of the one before up to the store (or the dropped
value) that ends it. Segments of two compiled texts are equal where the statements are.
"""

from __future__ import annotations

import dis
from collections import Counter
from collections.abc import Hashable, Iterator
from types import CodeType

ENDS = frozenset({
    "STORE_NAME", "STORE_GLOBAL", "STORE_ATTR", "STORE_SUBSCR", "POP_TOP", "DELETE_NAME",
    "DELETE_GLOBAL", "DELETE_ATTR", "DELETE_SUBSCR", "STORE_DEREF",
})  # fmt: skip
SILENT = frozenset({"NOP", "RESUME", "EXTENDED_ARG", "CACHE", "PRECALL", "NOT_TAKEN"})
CO_ITERABLE_COROUTINE = 0x100
JUMPS = frozenset(dis.hasjrel) | frozenset(dis.hasjabs)
SHAPE = (
    "co_code", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_argcount",
    "co_posonlyargcount", "co_kwonlyargcount", "co_name", "co_qualname", "co_exceptiontable",
)  # fmt: skip

Segment = tuple[Hashable, ...]


def same_code(one: CodeType, other: CodeType) -> bool:
    """Tell whether both do the same; their lines may differ, and those of what is nested."""
    if one is other:
        return True
    if any(getattr(one, name) != getattr(other, name) for name in SHAPE):
        return False
    if (one.co_flags ^ other.co_flags) & ~CO_ITERABLE_COROUTINE:
        return False  # types.coroutine sets that flag in the code that it is given
    return constant_key(one.co_consts) == constant_key(other.co_consts)


def same_lines(one: CodeType, other: CodeType) -> bool:
    """Tell whether the lines of both, counted from the first, are the same, nested code too."""
    if one.co_linetable != other.co_linetable:
        return False
    nested = zip(_inner(one), _inner(other), strict=False)
    start, begin = one.co_firstlineno, other.co_firstlineno
    return all(
        a.co_firstlineno - start == b.co_firstlineno - begin and same_lines(a, b)
        for a, b in nested
    )


def _inner(code: CodeType) -> list[CodeType]:
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def constant_key(value: object) -> Hashable:
    """Give what is equal for constants that are equal to the compiler (1 is not True)."""
    match value:
        case CodeType():
            shape = tuple(getattr(value, name) for name in SHAPE)
            return "code", shape, value.co_flags, constant_key(value.co_consts)
        case tuple():
            return "tuple", tuple(constant_key(item) for item in value)
        case frozenset():
            return "frozenset", frozenset(constant_key(item) for item in value)
    return type(value).__name__, repr(value)


def nested_by_name(root: CodeType) -> dict[str, list[CodeType]]:
    """Give all code objects nested in `root` by qualified name, in source order."""
    found: dict[str, list[CodeType]] = {}
    pending = _inner(root)
    while pending:
        code = pending.pop(0)
        found.setdefault(code.co_qualname, []).append(code)
        pending.extend(_inner(code))
    for same in found.values():
        same.sort(key=lambda code: code.co_firstlineno)
    return found


def segments(code: CodeType) -> Iterator[tuple[int, Segment]]:
    """Give the segments of a module's or class body's `code`, each with its last line."""
    current: list[Hashable] = []
    first = 0
    for instruction in dis.get_instructions(code):
        positions = instruction.positions
        line = (positions.lineno if positions is not None else None) or 0
        if instruction.opname in SILENT:
            continue
        first = first or line
        current.append(_key(instruction.opname, instruction.opcode, instruction.argval))
        if instruction.opname in ENDS:
            yield first, tuple(current)
            current, first = [], 0


def _key(name: str, opcode: int, value: object) -> Hashable:
    if opcode in JUMPS:
        return name
    if isinstance(value, CodeType):
        if value.co_name == "__annotate__":
            return name, constant_key(value)
        return name, "code", value.co_qualname
    if opcode in dis.hasconst:
        return name, constant_key(value)
    return name, str(value)


class Bodies:
    """The statements that module and class bodies of an old root code consist of."""

    def __init__(self, root: CodeType) -> None:
        """Take apart nothing yet."""
        self._root = root
        self._counts: dict[str, Counter[Segment]] = {}
        self._codes = nested_by_name(root)

    def had(self, owner: str, segment: Segment) -> bool:
        """Tell whether the body of `owner` (a class; empty for the module) had `segment`."""
        return self.of(owner)[segment] > 0

    def of(self, owner: str) -> Counter[Segment]:
        """Give the segments of the body of `owner`."""
        if owner not in self._counts:
            codes = self._codes.get(owner, []) if owner else [self._root]
            self._counts[owner] = Counter(
                segment for code in codes for _, segment in segments(code)
            )
        return self._counts[owner]

    def stores(self, owner: str) -> frozenset[str]:
        """Give the names that the body of `owner` bound."""
        return frozenset(
            str(segment[-1][1])
            for segment in self.of(owner)
            if isinstance(segment[-1], tuple)
            and segment[-1][0] in {"STORE_NAME", "STORE_GLOBAL"}
        )
