"""Facts about the running interpreter, each named after the behaviour and proved when asked.

Nothing here is computed on import: `ctypes` takes milliseconds to load, and most facts are
only needed once something is patched.
"""

from __future__ import annotations

import functools
import os
import sys
import sysconfig
from types import CodeType, FrameType, FunctionType
from typing import Any

FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
"""Built without a global lock: one C call is no longer uninterrupted (PEP 703)."""

LAZY_ANNOTATIONS = sys.version_info >= (3, 14)
"""Annotations live in a function of their own, `__annotate__` (PEP 649, PEP 749)."""

KIND_CHANGE_WARNS = sys.version_info >= (3, 13)
"""Assigning the code of a generator to a plain function warns; -W error makes it raise."""

SWAP_UNSPECIALISES = sys.version_info >= (3, 13)
"""A function whose `__code__` was assigned is never specialised again (MECHANISMS, A)."""

MONITORING = hasattr(sys, "monitoring")
"""The interpreter tells of frames that an exception leaves, at no cost otherwise (PEP 669)."""

CLASS_FIRST_LINE = sys.version_info >= (3, 13)
"""A class carries `__firstlineno__`, which inspect.getsource goes by."""

DOCSTRINGS_ARE_CLEANED = sys.version_info >= (3, 13)
"""The compiler takes the common indentation out of docstrings."""

CLASS_STATIC_ATTRIBUTES = sys.version_info >= (3, 13)
"""A class carries `__static_attributes__`."""

LAMBDA_IN_TYPE_SCOPE = sys.version_info >= (3, 12)
"""PEP 695 type parameters have a scope of their own."""

FRAME_LOCALS_WRITE_THROUGH = sys.version_info >= (3, 13)
"""What is written to `frame.f_locals` of a function is its variable at once (PEP 667)."""

TRACED_LINES_ARE_KEPT = sys.version_info < (3, 12)
"""Code that was once traced (a debugger, coverage) keeps a table of the lines that it had then:
moved in place, its tracebacks stay old. Such code gets relined copies instead."""

RUNS_LEAVE_TRACES = sys.version_info >= (3, 13)
"""The first call of any function rewrites its instructions (RESUME becomes RESUME_CHECK)."""


def trace_of_runs(code: CodeType) -> int | None:
    """Give a number that changes when `code` is first called, or None where there is none."""
    return hash(code._co_code_adaptive) if RUNS_LEAVE_TRACES else None  # type: ignore[attr-defined]  # noqa: SLF001


IMMORTAL = 2**29
"""A reference count from here on says nothing (frozen code on 3.11 and 3.12)."""


@functools.cache
def pythonapi() -> Any:
    """Give `ctypes.pythonapi`, or None where raw memory is not to be touched."""
    if os.environ.get("LIVEPATCH_NO_CTYPES") or sys.implementation.name != "cpython":
        return None
    try:
        import ctypes  # noqa: PLC0415  slow, and not everywhere there
    except ImportError:
        return None
    return ctypes.pythonapi


def can_write_locals() -> bool:
    """Tell whether the variables of a running function can be written from outside."""
    return FRAME_LOCALS_WRITE_THROUGH or pythonapi() is not None


def write_locals(frame: FrameType) -> None:
    """Have the variables of a function's frame be what was written to its `f_locals`."""
    if FRAME_LOCALS_WRITE_THROUGH:
        return
    import ctypes  # noqa: PLC0415

    pythonapi().PyFrame_LocalsToFast(ctypes.py_object(frame), ctypes.c_int(0))


@functools.cache
def set_closure() -> Any:
    """Give PyFunction_SetClosure (public C API) as a callable (function, tuple or None), or None."""
    api = pythonapi()
    if api is None:
        return None
    import ctypes  # noqa: PLC0415

    call = api.PyFunction_SetClosure
    call.argtypes = [ctypes.py_object, ctypes.py_object]
    call.restype = ctypes.c_int
    probe = _closure_probe()
    cell = probe.__closure__
    return call if call(probe, cell) == 0 and probe() == 1 else None


def _closure_probe() -> FunctionType:
    value = 1

    def probe() -> int:
        return value

    return probe  # type: ignore[return-value]


@functools.cache
def version_offset() -> int | None:
    """Give the offset of `func_version` in a function object, or None.

    Proved on this interpreter: a function made by a `def` has a version, and assigning its own
    code clears it. Debug builds and builds without a global lock are left alone.
    """
    if not SWAP_UNSPECIALISES or FREE_THREADED or hasattr(sys, "gettotalrefcount"):
        return None
    if pythonapi() is None:
        return None
    import ctypes  # noqa: PLC0415

    offset = FunctionType.__basicsize__ - 8
    namespace: dict[str, Any] = {}
    exec("def probe(): pass", namespace)  # noqa: S102
    probe = namespace["probe"]
    word = ctypes.c_uint32.from_address(id(probe) + offset)
    made = word.value
    probe.__code__ = probe.__code__  # a write of our own: the probe is nobody else's
    return offset if made > 1 and word.value in {0, 1} else None


@functools.cache
def memory_at(offset: int) -> Any:
    """Give a buffer that has what lies `offset` bytes into an object at the index of its id.

    Through it one C call writes to as many objects as there are: a ctypes object for each
    would take longer than all the rest of such a commit.
    """
    import ctypes  # noqa: PLC0415  such an offset is only known where it is there

    return memoryview((ctypes.c_char * (sys.maxsize - offset)).from_address(offset))


@functools.cache
def first_line_offset() -> int | None:
    """Give the offset of `co_firstlineno` in a code object, or None; found by probing."""
    if pythonapi() is None or FREE_THREADED or TRACED_LINES_ARE_KEPT:
        return None
    import ctypes  # noqa: PLC0415

    def mark(line: int) -> CodeType:
        return first_line_offset.__wrapped__.__code__.replace(co_firstlineno=line)

    one, two = mark(123_456_789), mark(234_567_891)
    for offset in range(16, CodeType.__basicsize__, 4):
        values = [ctypes.c_int.from_address(id(code) + offset).value for code in (one, two)]
        if values == [123_456_789, 234_567_891]:
            ctypes.c_int.from_address(id(one) + offset).value = 77
            return offset if one.co_firstlineno == 77 else None  # noqa: PLR2004
    return None


@functools.cache
def tuple_items_offset() -> int | None:
    """Give the offset of the items in a tuple, or None where they are not to be exchanged."""
    if pythonapi() is None or FREE_THREADED:
        return None
    import ctypes  # noqa: PLC0415

    probe = (object(), object())
    offset = tuple.__basicsize__
    words = (ctypes.c_void_p * 2).from_address(id(probe) + offset)
    return offset if list(words) == [id(item) for item in probe] else None


@functools.cache
def lone_reference_count() -> int:
    """Give `sys.getrefcount(f.__code__)` for a function that alone owns its code."""
    return reference_count(FunctionType(_lone_code("def probe(): pass"), {}))


def reference_count(function: FunctionType) -> int:
    """Give the reference count of a function's code, through one and the same expression."""
    return sys.getrefcount(function.__code__)


@functools.cache
def lone_constant_count() -> int:
    """Give `constant_count(codes, 0)` for a code object that only a constants tuple owns."""
    outer = _lone_code("def outer():\n def inner(): pass")
    return constant_count([c for c in outer.co_consts if isinstance(c, CodeType)], 0)


def _lone_code(text: str) -> CodeType:
    """Give the code of the one function in `text`, not executed.

    Where an audit hook keeps whatever is executed (codefind's does), counts of executed code
    are too high, and a live closure would pass for one that is accounted for.
    """
    module = compile(text, "<livepatch>", "exec", dont_inherit=True)
    return next(const for const in module.co_consts if isinstance(const, CodeType))


def constant_count(codes: list[CodeType], index: int) -> int:
    """Give the reference count of `codes[index]`, one of which is the list's."""
    return sys.getrefcount(codes[index])
