"""What a module runs, found without any text: its functions, and its top-level code if it lives.

Asked for modules that were imported before anybody noted their source, and only where the file
may have changed since.
"""

from __future__ import annotations

import marshal
import os
import sys
import time
from collections.abc import Collection
from types import CodeType, FunctionType, ModuleType
from typing import Any

from livepatch.runtime import frames, heap

PYC_HEADER = 16


def functions_by_name(
    module: ModuleType, files: Collection[str]
) -> dict[str, list[FunctionType]]:
    """Give the live functions that were made by a `def` or lambda of `module`, by qualified name.

    Each list is in the order of the source; functions sharing one code object come together.
    """
    namespace = vars(module)
    found: dict[str, list[FunctionType]] = {}
    for candidate in heap.functions_in(namespace):
        code = candidate.__code__
        if code.co_filename in files:
            found.setdefault(code.co_qualname, []).append(candidate)
    for same in found.values():
        same.sort(key=lambda function: function.__code__.co_firstlineno)
    return found


def executing_root(module: ModuleType) -> tuple[CodeType, int] | None:
    """Give the top-level code of `module` and its line now, where it is still running."""
    namespace = vars(module)
    for _, frame in frames.stacks():
        if frame.f_globals is namespace and frame.f_code.co_name == "<module>":
            return frame.f_code, frame.f_lineno or 0
    return None


def cached_root(module: ModuleType, source: str) -> CodeType | None:
    """Give the code in the `.pyc` of `module`, where it was made from an older text."""
    spec = getattr(module, "__spec__", None)
    cached = getattr(spec, "cached", None)
    if not isinstance(cached, str):
        return None
    import importlib.util  # noqa: PLC0415  only modules that may have changed get here

    try:
        with open(cached, "rb") as stream:  # noqa: PTH123
            data = stream.read()
        now = os.stat(source)  # noqa: PTH116
    except OSError:
        return None
    if len(data) < PYC_HEADER or data[:4] != importlib.util.MAGIC_NUMBER or any(data[4:8]):
        return None
    stamp = (int(now.st_mtime) & 0xFFFFFFFF).to_bytes(4, "little")
    if data[8:16] == stamp + (now.st_size & 0xFFFFFFFF).to_bytes(4, "little"):
        return None
    try:
        code = marshal.loads(memoryview(data)[PYC_HEADER:])  # noqa: S302  what import would load
    except (EOFError, ValueError, TypeError):
        return None
    return code if isinstance(code, CodeType) else None


_began: list[float | None] = []


def process_start() -> float | None:
    """Give the time at which this process began, None where the system does not tell."""
    if not _began:
        _began.append(_process_start())
    return _began[0]


def _process_start() -> float | None:
    platform: str = sys.platform  # the type checker would take the other branches for dead
    if platform == "linux":
        try:
            with open("/proc/self/stat", "rb") as stream:  # noqa: PTH123
                ticks = int(stream.read().rpartition(b")")[2].split()[19])
            age = time.clock_gettime(time.CLOCK_BOOTTIME) - ticks / os.sysconf("SC_CLK_TCK")
        except (OSError, ValueError, IndexError):
            return None
        return time.time() - age
    if platform == "win32":
        return _windows_start()
    return None


def _windows_start() -> float | None:
    """Ask the kernel; its time counts 100 ns from 1601."""
    import ctypes  # noqa: PLC0415  slow, and asked once

    windll: Any = getattr(ctypes, "windll", None)
    if windll is None:
        return None
    times = (ctypes.c_uint64 * 4)()
    step = ctypes.sizeof(ctypes.c_uint64)
    addresses = [ctypes.c_void_p(ctypes.addressof(times) + index * step) for index in range(4)]
    kernel = windll.kernel32
    kernel.GetCurrentProcess.restype = ctypes.c_void_p
    if not kernel.GetProcessTimes(ctypes.c_void_p(kernel.GetCurrentProcess()), *addresses):
        return None
    return float(times[0]) / 1e7 - 11_644_473_600


SLACK = 2.0  # the coarsest file times in use (FAT) are this wrong, in seconds


def may_have_changed(source: str) -> bool:
    """Tell whether `source` may have been written since this process began.

    False is a proof: neither its content nor its name has changed since then.
    """
    start = process_start()
    if start is None:
        return True
    try:
        found = os.stat(source)  # noqa: PTH116
    except OSError:
        return False
    changed = found.st_mtime if sys.platform == "win32" else max(found.st_mtime, found.st_ctime)
    return changed >= start - SLACK
