"""Runs a program as `__main__`, in a module of its own, in this very thread.

Invariant: the program finds in its namespace, in `sys.argv` and in `sys.path[0]` what
`python app.py` would have put there, and nothing of livepatch.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable, Sequence
from types import CodeType, ModuleType

from livepatch.cli import crash, program
from livepatch.cli.args import TargetKind

OnMain = Callable[[ModuleType, str, "bytes | None", CodeType], None]
"""Told of `__main__` before its first line: module, file, the bytes of the file, code."""


def enter(location: program.Location, arguments: Sequence[str]) -> None:
    """Put the program's place into `sys.path[0]`, where this interpreter keeps one there.

    `sys.argv[0]` stays what it is for `-m` until the module is found, as in `python -m`.
    """
    if not sys.flags.safe_path:
        sys.path[0] = location.path0
    elif location.forced:
        sys.path.insert(0, location.path0)
    first = "-m" if location.kind is TargetKind.MODULE else location.target
    sys.argv[:] = [first, *arguments]


def give_way(folder: str) -> None:
    """Forget each module that livepatch has imported where `folder` has one of that name.

    A program with a `queue.py` beside it gets its own from `import queue`, as it would
    without livepatch; what livepatch has imported already goes on working.
    """
    names = list(sys.modules)
    began = min(names.index(name) for name in ("runpy", "livepatch") if name in sys.modules)
    own = _modules_in(folder) - {"livepatch"}
    for name in names[began:]:
        if name.partition(".")[0] in own and not _is_from(sys.modules[name], folder):
            del sys.modules[name]


def load(location: program.Location) -> program.Program:
    """Compile the program; NoProgramError where there is none, otherwise its own error."""
    try:
        return program.load(location)
    except program.NoProgramError:
        raise
    except BaseException as error:
        crash.hand_over(error)
        raise


def run(loaded: program.Program, *, on_main: OnMain, interactive: bool = False) -> None:
    """Run the program to its end.

    What it raises is raised on, prepared to be shown without a frame of livepatch; only
    `interactive` keeps a SystemExit from ending the process, for the prompt that follows.
    """
    sys.argv[0] = loaded.argv0
    module = _fresh_main(loaded)
    sys.modules["__main__"] = module
    if loaded.file is not None:
        on_main(module, loaded.file, loaded.data, loaded.code)
    try:
        exec(loaded.code, vars(module))  # noqa: S102  the user's own program
    except SystemExit as error:
        if interactive:
            crash.show_now(error)
            return
        if sys.flags.inspect:  # python -i: the interpreter shows even this one
            crash.hand_over(error)
        raise
    except BaseException as error:
        crash.hand_over(error)
        raise


def _modules_in(folder: str) -> set[str]:
    """Give the names of the modules and packages that a folder offers."""
    found: set[str] = set()
    try:
        entries = list(os.scandir(folder))
    except OSError:  # a zip file, or gone
        return found
    for entry in entries:
        stem, _, ending = entry.name.partition(".")
        if ending == "py" or (
            not ending and os.path.isfile(os.path.join(entry.path, "__init__.py"))  # noqa: PTH113, PTH118
        ):
            found.add(stem)
    return found


def _is_from(module: ModuleType, folder: str) -> bool:
    origin = getattr(getattr(module, "__spec__", None), "origin", None) or ""
    return origin.startswith(os.path.join(folder, ""))  # noqa: PTH118


def _fresh_main(loaded: program.Program) -> ModuleType:
    """Build `__main__` with the names that this interpreter gives it, in its order.

    Which of `__annotations__` (until 3.13) and `__cached__` (until 3.14) there are, the
    interpreter's own `__main__` tells, in whose place this one is put.
    """
    usual = vars(sys.modules["__main__"])
    module = ModuleType("__main__")
    names = vars(module)
    names["__package__"] = loaded.package
    names["__loader__"] = loaded.loader
    names["__spec__"] = loaded.spec
    if "__annotations__" in usual:
        names["__annotations__"] = {}
    names["__builtins__"] = builtins
    names["__file__"] = loaded.file
    if "__cached__" in usual:
        names["__cached__"] = loaded.cached
    return module
