"""Running loops: the cells that their bodies share, and the locals of a frame behind them.

The body of an outlined loop is a closure over all local variables of its function. New code for
it may use variables that the running function never had: these get cells of their own, which
all bodies of that one call share.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from types import CellType, CodeType, FrameType, FunctionType
from typing import Any

from livepatch import interp
from livepatch.runtime import closures, heap

HEADERS = ("for ", "while ", "async for ")  # how the names of loop bodies begin
SPARES = ".spare cells"
FAST = 0x1 | 0x2  # CO_OPTIMIZED | CO_NEWLOCALS: the code of a function


def is_body(code: CodeType) -> bool:
    """Tell whether `code` is that of the body of an outlined loop."""
    return code.co_name.startswith(HEADERS)


def bodies_in(code: CodeType) -> Iterator[CodeType]:
    """Give the code of the bodies of the outlined loops of a function, outer ones first."""
    for const in code.co_consts:
        if isinstance(const, CodeType) and is_body(const):
            yield const
            yield from bodies_in(const)


def has_bodies(code: CodeType) -> bool:
    """Tell whether loops of the function are outlined."""
    return next(bodies_in(code), None) is not None


def has_loop(code: CodeType) -> bool:
    """Tell whether the function jumps back: it has a loop of its own."""
    return not _backward_jumps().isdisjoint(code.co_code[::2])


@functools.cache
def _backward_jumps() -> frozenset[int]:
    import opcode  # noqa: PLC0415  only once somebody is inside replaced code

    return frozenset(
        number
        for name, number in opcode.opmap.items()
        if "JUMP_BACKWARD" in name and not name.endswith("NO_INTERRUPT")  # that is `await`
    )


def spare_cells(function: FunctionType, code: CodeType) -> Mapping[str, CellType]:
    """Give cells for the variables that `code` captures and the live loop body does not.

    A variable that was captured once keeps its cell for as long as the call goes on, so that
    it is still there when an edit takes its use out and the next one brings it back.
    """
    own = closures.cells_of(function)
    holder = own.get(SPARES)
    if holder is None or not isinstance(holder.cell_contents, dict):
        return {}
    spares: dict[str, CellType] = holder.cell_contents
    for name, cell in own.items():
        spares.setdefault(name, cell)
    for name in code.co_freevars:
        spares.setdefault(name, CellType())
    return spares


def is_function_frame(frame: FrameType) -> bool:
    """Tell whether `frame` has local variables of its own, as a function's frame."""
    return frame.f_code.co_flags & FAST == FAST


class FrameCells:
    """The local variables of a frame as cells, for code that goes on in its place.

    Where a variable is a cell in the frame already, and that cell can be found, it is that very
    cell; all others are copies, written back by `write_back`.
    """

    def __init__(self, frame: FrameType, extra: Mapping[str, object]) -> None:
        """Take the variables as they are now, and `extra`; the frame must not run meanwhile."""
        self._frame = frame
        self._own: dict[str, object] = {}
        self._shared: dict[str, CellType] = {}
        if is_function_frame(frame):
            self._own.update(frame.f_locals)
            self._shared = _shared_cells(frame, self._own)
        self._cells = {name: CellType(value) for name, value in extra.items()}

    def closure_for(self, code: CodeType) -> tuple[CellType, ...] | None:
        """Give the closure of a function of `code`; names without a value get empty cells."""
        return tuple(map(self._cell, code.co_freevars)) or None

    def _cell(self, name: str) -> CellType:
        if name in self._shared:
            return self._shared[name]
        if name not in self._cells:
            value = self._own.get(name, self)
            self._cells[name] = CellType() if value is self else CellType(value)
        return self._cells[name]

    def write_back(self) -> None:
        """Let the frame have the values that its variables have now."""
        changed = {}
        for name, cell in self._cells.items():
            try:
                value = cell.cell_contents
            except ValueError:
                continue  # deleted; a frame cannot lose a variable from outside
            if name.isidentifier() and (name not in self._own or self._own[name] is not value):
                changed[name] = value
        if not changed:
            return
        namespace = self._frame.f_locals
        namespace.update(changed)
        interp.write_locals(self._frame)


def _shared_cells(frame: FrameType, values: Mapping[str, Any]) -> dict[str, CellType]:
    """Give the cells of the frame that can be found: by its function, by functions it made."""
    code = frame.f_code
    found: dict[str, CellType] = {}
    inner = [const for const in code.co_consts if isinstance(const, CodeType)]
    if not code.co_freevars and not (code.co_cellvars and inner):
        return found
    users = heap.functions_using([code, *inner])
    functions = [function for same in users.values() for function in same]
    for name in (*code.co_freevars, *code.co_cellvars):
        cells = {id(cell): cell for f in functions if (cell := _cell_with(f, name, values))}
        if len(cells) == 1:
            found[name] = next(iter(cells.values()))
    return found


def _cell_with(function: FunctionType, name: str, values: Mapping[str, Any]) -> CellType | None:
    """Give the cell of `function` for `name` if it holds what the frame sees there."""
    cell = closures.cells_of(function).get(name)
    try:
        return cell if cell is not None and cell.cell_contents is values.get(name) else None
    except ValueError:
        return None
