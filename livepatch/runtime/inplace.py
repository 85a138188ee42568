"""Operations that write to code objects and functions in place, many with one C call.

`swap` carries them out; nothing here runs a bytecode between the first write and the last.
"""

from __future__ import annotations

import struct
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import repeat
from types import CodeType, FunctionType

from livepatch import interp
from livepatch.model import Write
from livepatch.runtime import versions

Operation = Callable[[], object]
PUT_INT = struct.Struct("i").pack_into
PUT_UINT32 = struct.Struct("I").pack_into
PUT_POINTER = struct.Struct("P").pack_into
POINTER = struct.calcsize("P")


def first_line_operations(writes: Sequence[Write]) -> list[Operation]:
    """Give what puts the first lines that `writes` say into their code objects."""
    offset = interp.first_line_offset()
    if offset is None:
        message = "the first line of a code object cannot be changed in place here"
        raise RuntimeError(message)
    codes = [id(write.target) for write in writes]
    lines = [write.value for write in writes]
    return [_for_each(map(PUT_INT, repeat(interp.memory_at(offset)), codes, lines))]


def name_operations(names: tuple[str, ...], index: int, name: str) -> list[Operation]:
    """Give what makes `name` the one at `index` of `names`, the tuple of one code object alone.

    Two tuples exchange an item, so each item still has as many owners as it should.
    """
    offset = interp.tuple_items_offset()
    if offset is None:
        message = "the names of a code object cannot be changed in place here"
        raise RuntimeError(message)
    spare = (sys.intern(name),)
    places = [id(names) + index * POINTER, id(spare)]
    items = [id(spare[0]), id(names[index])]
    exchange: Operation = _for_each(
        map(PUT_POINTER, repeat(interp.memory_at(offset)), places, items)
    )
    vars(exchange)["owners"] = (names, spare)  # they live until it is done
    return [exchange]


def code_operations(functions: Sequence[FunctionType], code: CodeType) -> list[Operation]:
    """Give what lets `functions` run `code`: C calls that go over all of them themselves."""
    if not functions:
        return []
    operations = [_for_each(map(setattr, functions, repeat("__code__"), repeat(code)))]
    version, offset = versions.version_for(code), interp.version_offset()
    if version > 1 and offset is not None:
        memory = interp.memory_at(offset)
        writes = map(PUT_UINT32, repeat(memory), map(id, functions), repeat(version))
        operations.append(_for_each(writes))
    return operations


def _for_each(calls: Iterator[object]) -> Operation:
    return partial(deque, calls, 0)
