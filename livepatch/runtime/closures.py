"""Cells for new code: by name, from the old closure, the owning class, or a sibling.

CPython compares only the number of free variables when `__code__` is assigned, so code that
captures `c` would silently read the cell of `b` (MECHANISMS, B): here names are compared.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import CellType, CodeType, FunctionType

from livepatch.model import FunctionState, Write, WriteKind
from livepatch.runtime import lookup

CLASS_CELL = "__class__"


def cells_of(function: FunctionType) -> dict[str, CellType]:
    """Give the cells of `function` by the name of the variable."""
    return dict(zip(function.__code__.co_freevars, function.__closure__ or (), strict=False))


def cells_for(
    function: FunctionType, code: CodeType, others: Mapping[str, CellType], owner: type | None
) -> tuple[tuple[CellType, ...] | None, tuple[str, ...]]:
    """Give the closure that `code` needs in place of the code of `function`.

    The second value names the variables for which there is no cell; then the closure is of
    no use. `others` are cells to fall back on, `owner` is the class for `__class__`.
    """
    if code.co_freevars == function.__code__.co_freevars:
        return function.__closure__, ()
    own = cells_of(function)
    found: list[CellType] = []
    missing: list[str] = []
    for name in code.co_freevars:
        if name in own:
            found.append(own[name])
        elif name == CLASS_CELL and (cls := owner or lookup.class_around(function)):
            found.append(CellType(cls))
        elif name in others:
            found.append(others[name])
        else:
            missing.append(name)
    return tuple(found) or None, tuple(missing)


def stub_for(
    function: FunctionType,
    code: CodeType,
    cells: tuple[CellType, ...] | None,
    defaults: tuple[object, ...] | None,
    kwdefaults: dict[str, object] | None,
) -> tuple[CodeType, Write] | None:
    """Give code with the old free variables that calls a new function of `code` and `cells`.

    The way around where a closure cannot be replaced: one frame more, the same behaviour. The
    write gives the new function its defaults; None where the old variables cannot be kept.
    """
    target = FunctionType(code, function.__globals__, function.__name__, None, cells)
    state = FunctionState(code, cells, defaults, kwdefaults)
    stub = forwarding(function, target)
    if stub is None:
        return None
    stub = stub.replace(
        co_firstlineno=code.co_firstlineno, co_name=code.co_name, co_qualname=code.co_qualname
    )
    return stub, Write(WriteKind.FUNCTION, target, "", state)


def forwarding(function: FunctionType, target: object) -> CodeType | None:
    """Give code that passes all arguments of `function` on to `target`."""
    old = function.__code__
    stub = _stub(old)
    if stub is None:
        return None
    consts = tuple(target if const == TARGET else const for const in stub.co_consts)
    return stub.replace(
        co_consts=consts, co_firstlineno=old.co_firstlineno, co_name=old.co_name,
        co_qualname=old.co_qualname,
    )  # fmt: skip


ARGS, KEYS, CALLED = (
    "livepatch_args",
    "livepatch_keys",
    "livepatch_called",
)  # nobody captures these
TARGET = "livepatch: the function that the stub calls"


def _stub(old: CodeType) -> CodeType | None:
    # Not the variables' own names: that of a loop's shared cells is no identifier.
    names = tuple(f"v{index:04}" for index in range(len(old.co_freevars)))
    assigned = "".join(f"    {name} = None\n" for name in names)
    used = f"        if 0: {', '.join(names)}\n" if names else ""
    # The walrus keeps the compiler from warning that a text is called.
    text = (
        f"def maker():\n{assigned}    def stub(*{ARGS}, **{KEYS}):\n"
        f"{used}        return ({CALLED} := {TARGET!r})(*{ARGS}, **{KEYS})\n"
    )
    module = compile(text, old.co_filename, "exec", dont_inherit=True)
    maker = next(const for const in module.co_consts if isinstance(const, CodeType))
    stub = next(const for const in maker.co_consts if isinstance(const, CodeType))
    return stub.replace(co_freevars=old.co_freevars) if stub.co_freevars == names else None
