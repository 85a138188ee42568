"""Copies of old code for those who are pinned to it: they read old values under other names.

While a name of a module has been bound anew, and somebody still needs its old value, that one has
an alias, and the old code a copy that reads the alias; with it go the functions, classes and
generators that the code makes (its constants). `name_at` says what to put back in such a copy
(see `WriteKind.GLOBAL_NAME`) once the alias goes: who is in the middle of it then reads on.
"""

from __future__ import annotations

import dis
import weakref
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import CodeType
from typing import Final

from livepatch.runtime import instructions

LOADS: Final = instructions.opcodes({"LOAD_GLOBAL", "LOAD_NAME"})
STORES: Final = instructions.opcodes({"STORE_GLOBAL", "DELETE_GLOBAL"})
LOCAL_STORES: Final = instructions.opcodes({"STORE_NAME", "DELETE_NAME"})
LIMIT = 120
"""Entries of `co_names` beyond this would need wider instructions (LOAD_GLOBAL doubles them)."""
NEW_LOCALS = 0x2
"""The flag of a function's code; where it is missing, names are looked up in a class first."""

Names = Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy of `source`, and the names of its module behind the aliases that it reads, by index.

    Where the source is a copy itself, `origin` is what the first one was made of.
    """

    code: CodeType
    source: CodeType
    origin: CodeType
    name_at: Names
    inner: tuple[Copy, ...] = ()

    def inside(self) -> list[Copy]:
        """Give the copies that are among its constants, at any depth."""
        return [copy for one in self.inner for copy in (one, *one.inside())]


@dataclass(slots=True)
class _Known:
    code: weakref.ref[CodeType]
    origin: weakref.ref[CodeType]
    name_at: Names


_known: dict[int, _Known] = {}  # by the id of the copy


def copies_of(codes: Iterable[CodeType]) -> list[CodeType]:
    """Give the copies of `codes` that somebody still has."""
    ids = {id(code) for code in codes}
    found = [(known.origin(), known.code()) for known in list(_known.values())]
    return [copy for origin, copy in found if copy is not None and id(origin) in ids]


def _known_as(code: CodeType) -> tuple[CodeType, Names]:
    """Give what `code` is a copy of (itself, where it is none), and the names behind its aliases."""
    known = _known.get(id(code))
    return (code, {}) if known is None else (known.origin() or code, known.name_at)


def _note(copy: Copy) -> None:
    key = id(copy.code)
    code = weakref.ref(copy.code, lambda _: _known.pop(key, None))
    _known[key] = _Known(code, weakref.ref(copy.origin), copy.name_at)


def inner_codes(code: CodeType) -> list[CodeType]:
    """Give the code objects among the constants of `code`."""
    return [const for const in code.co_consts if isinstance(const, CodeType)]


def names_in(code: CodeType) -> Iterator[str]:
    """Give the names that the code, and what it makes, works on."""
    yield from code.co_names
    for inner in inner_codes(code):
        yield from names_in(inner)


def reads(code: CodeType, names: frozenset[str]) -> frozenset[str]:
    """Give which of the module's `names` the code, or what it makes, reads."""
    return _used(code, names, LOADS)


def stores(code: CodeType, names: frozenset[str]) -> frozenset[str]:
    """Give which of the module's `names` the code, or what it makes, assigns to, or deletes."""
    return _used(code, names, STORES)


def _used(code: CodeType, names: frozenset[str], kinds: frozenset[int]) -> frozenset[str]:
    own = names.intersection(code.co_names)
    if own:
        own = _visible(code, own) & instructions.names_in(code, kinds)
    return own.union(*(_used(inner, names, kinds) for inner in inner_codes(code)))


def _visible(code: CodeType, names: frozenset[str]) -> frozenset[str]:
    """Give those of `names` that the body of a class does not bind itself."""
    if code.co_flags & NEW_LOCALS:
        return names
    return names - instructions.names_in(code, LOCAL_STORES)


def copy_of(code: CodeType, aliases: Mapping[str, str]) -> Copy | None:
    """Give a copy that reads `aliases` instead of the globals of these names; None if it cannot.

    What it stores under these names still goes where it went.
    """
    inner: list[Copy] = []
    consts: list[object] = []
    for const in code.co_consts:
        if isinstance(const, CodeType):
            copy = copy_of(const, aliases)
            if copy is None:
                return None
            inner.append(copy)
            consts.append(copy.code)
        else:
            consts.append(const)
    own = _visible(code, frozenset(aliases)).intersection(code.co_names)
    own = own and own & instructions.names_in(code, LOADS)
    origin, known = _known_as(code)
    name_at = dict(known)
    names, raw = list(code.co_names), code.co_code
    if own:
        changed = _with_aliases(code, {name: aliases[name] for name in own}, name_at)
        if changed is None:
            return None
        names, raw = changed
    # A tuple of its own, not that of the other: its items are put back one day.
    made = code.replace(co_names=tuple(names), co_code=raw, co_consts=tuple(consts))
    copy = Copy(made, code, origin, name_at, tuple(inner))
    _note(copy)
    return copy


def _with_aliases(
    code: CodeType, aliases: Mapping[str, str], name_at: dict[int, str]
) -> tuple[list[str], bytes] | None:
    """Give other names, and instructions for them; note in `name_at` what stands for what."""
    names = list(code.co_names)
    named = [step for step in dis.get_instructions(code) if step.opcode in dis.hasname]
    shared = {step.argval for step in named if step.opcode not in LOADS}
    raw = bytearray(code.co_code)
    for name, alias in aliases.items():
        index = names.index(name)
        if name not in shared:
            names[index] = alias
            name_at[index] = name
            continue
        other = len(names)
        if other >= LIMIT or index >= LIMIT:
            return None
        names.append(alias)
        name_at[other] = name
        for step in named:
            if step.argval == name and step.opcode in LOADS:
                is_wide = (
                    step.opcode == instructions.LOAD_GLOBAL
                )  # one more bit: push NULL, too
                low = (step.arg or 0) & 1
                raw[step.offset + 1] = other << 1 | low if is_wide else other
    return names, bytes(raw)
