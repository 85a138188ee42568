"""The names that instructions work on, read from the bytes of a code object.

`dis.get_instructions` tells this too, and much else, which takes ten times as long.
"""

from __future__ import annotations

import dis
from collections.abc import Iterable
from types import CodeType

LOAD_GLOBAL = dis.opmap["LOAD_GLOBAL"]  # its argument has one more bit: is NULL pushed, too?


def opcodes(names: Iterable[str]) -> frozenset[int]:
    """Give the numbers of the instructions `names`, as far as this interpreter has them."""
    return frozenset(dis.opmap[name] for name in names if name in dis.opmap)


def names_in(code: CodeType, kinds: frozenset[int]) -> frozenset[str]:
    """Give the names that instructions of these `kinds` (opcodes) in `code` itself work on.

    They have to be instructions whose argument is an index of `co_names`.
    """
    raw = code.co_code  # without what the interpreter makes of it while it runs
    found: set[int] = set()
    high = 0
    for kind, low in zip(raw[::2], raw[1::2], strict=True):
        if kind in kinds:
            index = high | low
            found.add(index >> 1 if kind == LOAD_GLOBAL else index)
        high = (high | low) << 8 if kind == dis.EXTENDED_ARG else 0
    return frozenset(map(code.co_names.__getitem__, found))
