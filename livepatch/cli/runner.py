"""Runs a program as `__main__`, in a module of its own, in this very thread.

Invariant: the program finds in its namespace, in `sys.argv` and in `sys.path[0]` what
`python app.py` would have put there, and nothing of livepatch.
"""

from __future__ import annotations

import builtins
import os
import sys
from collections.abc import Callable, Sequence
from functools import partial
from types import CodeType, ModuleType

from livepatch.cli import crash, program
from livepatch.cli.args import TargetKind

OnMain = Callable[[ModuleType, str, "bytes | None", CodeType], "CodeType | None"]
"""Told of `__main__` before its first line: module, file, the bytes of the file, code.

Gives the code to run in its place, None for that code itself.
"""


_ENDS_BEFORE_IT_IS_SHOWN = sys.version_info >= (3, 14)  # noqa: TID251
"""A script's `__file__` goes before its exception is shown, no longer after."""


def enter(location: program.Location, arguments: Sequence[str]) -> None:
    """Give the program its `sys.argv`, its `sys.path[0]` and an empty `__main__`.

    An interpreter that keeps no such entry in `sys.path` (`-P`) gets none. `sys.argv[0]`
    stays `-m` until the module is found, as under `python -m`.
    """
    sys.modules["__main__"] = _fresh_main()
    if not sys.flags.safe_path:
        sys.path[0] = location.path0
    elif location.forced:
        sys.path.insert(0, location.path0)
    first = "-m" if location.kind is TargetKind.MODULE else location.target
    sys.argv[:] = [first, *arguments]


def enter_prompt() -> None:
    """Give a prompt without a program what `python` alone would give it."""
    sys.modules["__main__"] = _fresh_main()
    if not sys.flags.safe_path:
        sys.path[0] = ""
    sys.argv[:] = [""]


def give_way(folder: str) -> None:
    """Forget each module that livepatch has imported where `folder` has one of that name.

    A program with a `queue.py` beside it gets its own from `import queue`, as it would
    without livepatch; what livepatch has imported already goes on working. What came before
    the end of `site` the interpreter itself has imported.
    """
    names = list(sys.modules)
    began = names.index("site") if "site" in sys.modules else len(names)
    own = _modules_in(folder) - {"livepatch"}
    for name in names[began:]:
        if name.partition(".")[0] in own and not _is_from(sys.modules[name], folder):
            del sys.modules[name]


def hides_library(folder: str) -> bool:
    """Tell whether modules in `folder` have names of the standard library's."""
    return not sys.stdlib_module_names.isdisjoint(_modules_in(folder))


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
    module = sys.modules["__main__"]
    _fill(module, loaded)
    sys.argv[0] = loaded.argv0
    code = loaded.code
    if loaded.file is not None:
        code = on_main(module, loaded.file, loaded.data, loaded.code) or code
    _execute(code, module, script=loaded.spec is None, interactive=interactive)


def _execute(code: CodeType, module: ModuleType, *, script: bool, interactive: bool) -> None:
    ended = partial(_end, module) if script else None
    try:
        exec(code, vars(module))  # noqa: S102  the user's own program
    except SystemExit as error:
        if not interactive:
            if sys.flags.inspect:  # python -i: the interpreter shows even this one
                crash.hand_over(error, ended)
            elif _ENDS_BEFORE_IT_IS_SHOWN and ended is not None:
                ended()
            raise
        crash.show_now(error)
    except BaseException as error:
        if _ENDS_BEFORE_IT_IS_SHOWN and ended is not None:
            ended()
        crash.hand_over(error, ended)
        raise
    if ended is not None:
        ended()


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


def _fresh_main() -> ModuleType:
    """Build a `__main__` with the names that this interpreter gives it, in its order.

    Which of `__annotations__` (until 3.13) and `__cached__` (until 3.14) there are, the
    interpreter's own `__main__` tells, in whose place this one is put.
    """
    usual = vars(sys.modules["__main__"])
    module = ModuleType("__main__")
    names = vars(module)
    if "__annotations__" in usual:
        names["__annotations__"] = {}
    names["__builtins__"] = builtins
    if "__file__" in usual:
        names["__file__"] = None
    if "__cached__" in usual:
        names["__cached__"] = None
    return module


def _fill(module: ModuleType, loaded: program.Program) -> None:
    names = vars(module)
    names["__package__"] = loaded.package
    names["__loader__"] = loaded.loader
    names["__spec__"] = loaded.spec
    names["__file__"] = loaded.file
    if "__cached__" in names:
        names["__cached__"] = loaded.cached


def _end(module: ModuleType) -> None:
    """Take away what the interpreter takes from a script's `__main__` when it has ended."""
    vars(module).pop("__file__", None)
    vars(module).pop("__cached__", None)
