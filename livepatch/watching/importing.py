"""Tells of modules as they are imported, with the bytes that were executed.

One method of one class is wrapped, `SourceFileLoader.exec_module`: a finder on `sys.meta_path`
would make each failing import slower, and would hide the loaders of other tools. A subclass
that executes modules in its own way (pytest's, zipimport's) is not seen here;
`untracked_modules` finds what it loaded.

The frames of the wrapper bear the file name of importlib's own, so that the interpreter removes
them from tracebacks and `warnings` skips them when it counts levels.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Container
from importlib._bootstrap import _call_with_frames_removed  # type: ignore[attr-defined]
from importlib.machinery import SourceFileLoader
from types import FunctionType, ModuleType
from typing import Any, Final, cast

from livepatch.watching.polling import Signature, signature_of

_Execute = Callable[[Any, ModuleType], None]

_FROZEN: Final = "<frozen importlib._bootstrap_external>"
_ATTEMPTS: Final = 5
_PRISTINE_NAMES: Final = frozenset(
    {"get_code", "__name__", "ImportError", "__dict__", "exec"}
    | {"_bootstrap", "_call_with_frames_removed"}
)
"""All that CPython's `exec_module` (3.11 to 3.15) uses; any other one is called, not imitated."""


class ImportHook:
    """Calls `on_import(module, file, data)` after each import of a file that `wants` accepts.

    `data` are the bytes that the interpreter compiled, or whose `.pyc` it took. The module that
    failed is not told of. `on_import` runs in the importing thread and may not raise. An
    `importlib.reload` by the program is told of like an import.
    """

    def __init__(
        self,
        on_import: Callable[[ModuleType, str, bytes], None],
        wants: Callable[[str], bool],
    ) -> None:
        """Begin without a hook."""
        self.on_import = on_import
        self.wants = wants

    def install(self) -> None:
        """Be told of every import from now on; a second call changes nothing."""
        global _hooks  # noqa: PLW0603  the class that is wrapped is global, too
        with _lock:
            if self not in _hooks:
                _hooks = (*_hooks, self)
            _wrap()

    def remove(self) -> None:
        """Be told of nothing more; with the last hook the loader is as it was."""
        global _hooks  # noqa: PLW0603
        with _lock:
            _hooks = tuple(hook for hook in _hooks if hook is not self)
            if not _hooks:
                _unwrap()


_hooks: tuple[ImportHook, ...] = ()
_lock = threading.Lock()  # guards _hooks, _previous and the attribute of the class
_previous: _Execute | None = None
"""What the wrapper calls; None while the class is as it was."""


def _exec_module(loader: SourceFileLoader, module: ModuleType) -> None:
    """Execute `module` as the loader would, then tell the hooks."""
    path = getattr(loader, "path", "")
    hooks = [hook for hook in _hooks if hook.wants(path)]
    if not hooks:
        _execute(loader, module)
        return
    if not _is_pristine:
        data, _ = _read(path)
        _execute(loader, module)
    else:
        # What the method of CPython does, cut in two: the file must not change between our
        # reading and the loader's, and the body may run for hours after that.
        data, before = _read(path)
        code = loader.get_code(module.__name__)
        for _ in range(_ATTEMPTS):
            if before == signature_of(path):
                break
            data, before = _read(path)
            code = loader.get_code(module.__name__)
        if code is None:
            _execute(loader, module)  # it finds the words for that
            return
        _call_with_frames_removed(exec, code, module.__dict__)
    if data is not None:
        for hook in hooks:
            hook.on_import(module, path, data)


def _wrap() -> None:
    """Put the wrapper into the class, unless it is there."""
    global _previous, _execute, _is_pristine  # noqa: PLW0603
    if _previous is not None:
        return
    _previous = _execute = SourceFileLoader.exec_module
    names = getattr(getattr(_previous, "__code__", None), "co_names", ())
    _is_pristine = set(names) - {"format"} == _PRISTINE_NAMES
    SourceFileLoader.exec_module = _wrapper  # type: ignore[method-assign, assignment]


def _unwrap() -> None:
    """Take the wrapper out, unless somebody has wrapped it in turn: then it only passes on."""
    global _previous  # noqa: PLW0603
    if SourceFileLoader.exec_module is not _wrapper:
        return
    del SourceFileLoader.exec_module
    if SourceFileLoader.exec_module is not _previous and _previous is not None:
        SourceFileLoader.exec_module = _previous  # type: ignore[method-assign, assignment]
    _previous = None


def _in_importlib(execute: _Execute) -> _Execute:
    """Give `execute` with the looks of the method it replaces, for tracebacks."""
    function = cast("FunctionType", execute)
    code = function.__code__.replace(
        co_filename=_FROZEN, co_name="exec_module", co_qualname="_LoaderBasics.exec_module"
    )
    return FunctionType(code, function.__globals__, "exec_module")


def _read(path: str) -> tuple[bytes | None, Signature | None]:
    """Give the bytes of `path` and what it was when it was opened; None if it cannot be."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return None, None
    try:
        found = os.fstat(descriptor)
        data = os.read(descriptor, found.st_size + 1)
        while len(data) > found.st_size or (found.st_size and not data):
            more = os.read(descriptor, 1 << 20)  # it grew while it was read
            if not more:
                break
            data += more
    except OSError:
        return None, None
    finally:
        os.close(descriptor)
    return data, (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


_execute: _Execute = SourceFileLoader.exec_module
_is_pristine = False
_wrapper: Final = _in_importlib(_exec_module)


def untracked_modules(
    known: Container[str], wants: Callable[[str], bool]
) -> list[tuple[ModuleType, str]]:
    """Give the imported modules, with their files, that the hook has not told of.

    `known` holds the `__file__` of modules, spelt as there; `wants` is asked about the others.
    One that is still being imported is left for the next time.
    """
    found: list[tuple[ModuleType, str]] = []
    loaded: list[object] = list(sys.modules.values())  # a program may put anything there
    for module in loaded:
        if not isinstance(module, ModuleType):
            continue
        space = module.__dict__
        file = space.get("__file__")
        if file is None or file in known or not isinstance(file, str):
            continue
        if not file.endswith((".py", ".pyw")) or not wants(file):
            continue
        if not getattr(space.get("__spec__"), "_initializing", False):
            found.append((module, file))
    return found
