"""The specialisation version of a function: read here, written in `swap` alone."""

from __future__ import annotations

from types import CodeType, FunctionType

from livepatch import interp
from livepatch.runtime import build


def version_of(function: FunctionType) -> int:
    """Give the version under which calls of `function` are specialised, 0 where not known."""
    offset = interp.version_offset()
    if offset is None:
        return 0
    import ctypes  # noqa: PLC0415  the offset is only known where ctypes is there

    return int(ctypes.c_uint32.from_address(id(function) + offset).value)


def version_for(code: CodeType) -> int:
    """Give the version of every function that a `def` makes of `code`, 0 where not known."""
    if interp.version_offset() is None:
        return 0
    return version_of(build.function_of(code, {}, None))
