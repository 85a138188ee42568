"""Modules made from bytes that a host holds: executed once, tracked from the first moment.

Invariant: what `load` cannot finish leaves no trace, neither in `sys.modules` nor in the patcher.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.util
import linecache
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec
from types import CodeType, ModuleType
from typing import Any, cast

from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import real_path


class BytesLoader(importlib.abc.InspectLoader):
    """Loads one module from bytes at hand; no `.pyc` can be older or newer than these."""

    def __init__(self, file: str, data: bytes) -> None:
        """Take `data` as what `file` holds."""
        self.file = file
        self.data = data

    def get_source(self, fullname: str) -> str:
        """Give the text."""
        del fullname
        return importlib.util.decode_source(self.data)

    def get_code(self, fullname: str) -> CodeType:
        """Give the top-level code; raise SyntaxError or ValueError where there is none."""
        del fullname
        return compile(self.data, self.file, "exec", dont_inherit=True)

    def get_filename(self, fullname: str) -> str:
        """Give the file; the loaders of the standard library have this, too."""
        del fullname
        return self.file


def sha1_of(data: bytes) -> str:
    """Give the fingerprint of a file's bytes."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


def read_bytes(file: str) -> bytes | None:
    """Give what `file` holds; None where it is not there or cannot be read."""
    try:
        with open(file, "rb") as stream:  # noqa: PTH123
            return stream.read()
    except OSError:
        return None


def module_of(file: str) -> ModuleType | None:
    """Give the imported module whose source is `file`, if there is one."""
    stem = os.path.splitext(os.path.basename(file))[0]  # noqa: PTH119, PTH122
    loaded: list[object] = list(sys.modules.values())  # a program may put anything there
    for module in loaded:
        known = vars(module).get("__file__") if isinstance(module, ModuleType) else None
        if isinstance(known, str) and stem in known and real_path(known) == file:
            return cast("ModuleType", module)
    return None


def free_name(stem: str, origin: str) -> str:
    """Give the name under which the module of `origin` hides no other one: `stem` if it can.

    A module of another file keeps its name, whether it was imported or only could be.
    """
    stem = stem.replace(".", "_")  # to look for a dotted name is to import its parents
    if stem not in sys.modules:
        try:
            spec = importlib.util.find_spec(stem)
        except (ImportError, ValueError):
            spec = None
        if spec is None or (spec.origin is not None and real_path(spec.origin) == origin):
            return stem
    name = f"{stem}@{hashlib.sha256(origin.encode()).hexdigest()[:8]}"
    attempt, chosen = 1, name
    while chosen in sys.modules:
        attempt += 1
        chosen = f"{name}.{attempt}"
    return chosen


def load(
    patcher: Patcher, name: str, file: str, data: bytes, *, folder: str | None = None
) -> ModuleType:
    """Execute `data` as the module `name` of `file`, tracked by `patcher`; give the module.

    It is in `sys.modules` while it runs, as dataclasses, pickle and `typing` expect. With
    `folder` it is a package. Raises what the text or its code raises.
    """
    loader = BytesLoader(file, data)
    spec = ModuleSpec(name, loader, origin=file, is_package=folder is not None)
    if folder is not None:
        spec.submodule_search_locations = [folder]
    code = loader.get_code(name)
    module = importlib.util.module_from_spec(spec)
    module.__file__ = file
    state: Any = spec
    state._initializing = True  # noqa: SLF001  a watch adopts no module that is half made
    sys.modules[name] = module
    try:
        exec(code, vars(module))  # noqa: S102
        patcher.track(module, file, data, code, hosted=True)
    except BaseException:
        unload(patcher, module)
        raise
    finally:
        state._initializing = False  # noqa: SLF001
    parent, _, child = name.rpartition(".")
    if parent in sys.modules:
        setattr(sys.modules[parent], child, module)
    return module


def unload(patcher: Patcher, module: ModuleType) -> list[str]:
    """Forget `module` and the modules below it; give the files they came from.

    Who still holds an object of theirs keeps working with it.
    """
    name = module.__name__
    files = []
    for other in [known for known in list(sys.modules) if known.startswith(f"{name}.")]:
        below = sys.modules.get(other)
        if isinstance(below, ModuleType):
            files += _drop(patcher, below)
    return files + _drop(patcher, module)


def _drop(patcher: Patcher, module: ModuleType) -> list[str]:
    patcher.forget(module)
    name = module.__name__
    if sys.modules.get(name) is module:
        del sys.modules[name]
    parent, _, child = name.rpartition(".")
    above = sys.modules.get(parent)
    if above is not None and vars(above).get(child) is module:
        delattr(above, child)
    file = getattr(module, "__file__", None)
    return [real_path(file)] if isinstance(file, str) else []


def show_lines(file: str, text: str) -> None:
    """Let tracebacks and `inspect.getsource` find the lines of a text that has no file."""
    linecache.cache[file] = (len(text), None, text.splitlines(keepends=True), file)


def hide_lines(file: str) -> None:
    """Forget the lines of a text that has no file."""
    linecache.cache.pop(file, None)


def error_text(error: BaseException, files: Sequence[str]) -> str:
    """Give one line for an exception: where in `files` it arose, its type, its message."""
    place = ""
    if isinstance(error, SyntaxError) and error.filename:
        place = f"{os.path.basename(error.filename)}:{error.lineno}: "  # noqa: PTH119
        return f"{place}{type(error).__name__}: {error.msg}"
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename in files:
            name = os.path.basename(trace.tb_frame.f_code.co_filename)  # noqa: PTH119
            place = f"{name}:{trace.tb_lineno}: "
        trace = trace.tb_next
    return f"{place}{type(error).__name__}: {error}"
