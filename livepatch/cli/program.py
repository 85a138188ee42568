"""Finds the program and makes its code, by the rules of `python app.py` and `python -m`.

The code is compiled from the very bytes that are handed out with it, so that what livepatch
takes for the running text is what runs, also when the file is saved in that instant.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader, SourcelessFileLoader
from types import CodeType
from typing import Any, NamedTuple, cast

from livepatch.cli.args import Options, TargetKind
from livepatch.errors import UsageError


class NoProgramError(UsageError):
    """The name leads to nothing that can be run; `status` is what python would exit with."""

    slug = "no-program"

    def __init__(self, message: str, *, status: int = 1) -> None:
        """Say why it cannot be run."""
        super().__init__(message)
        self.status = status


class Program(NamedTuple):
    """The facts of a `__main__` that is about to run.

    `file`, `package`, `loader`, `spec` and `cached` become its dunder names. `data` are the
    bytes that `code` was made of, or None for a program without a source file (a zip
    file, a .pyc). `argv0` becomes `sys.argv[0]`.
    """

    argv0: str
    file: str | None
    package: str | None
    loader: object
    spec: ModuleSpec | None
    cached: str | None
    code: CodeType
    data: bytes | None


class Location(NamedTuple):
    """Where the program is, known before anything of it is imported.

    `path0` becomes `sys.path[0]`, and `forced` says that it does so even under `-P`.
    `container` is set for a folder or a zip file that holds a `__main__.py`.
    """

    target: str
    kind: TargetKind
    path0: str
    file: str = ""
    container: bool = False

    @property
    def forced(self) -> bool:
        """True where the program cannot be imported without its `sys.path[0]`."""
        return self.container


def locate(options: Options) -> Location:
    """Find what `options` names; NoProgramError where a file is not there."""
    if options.kind is TargetKind.MODULE:
        return Location(options.target, options.kind, os.getcwd())  # noqa: PTH109
    file = _absolute(options.target)
    if _is_container(file):
        return Location(options.target, options.kind, file, file, container=True)
    if not os.path.isfile(file) and not _is_readable_pipe(file):  # noqa: PTH113
        reason = "is a directory" if os.path.isdir(file) else "no such file"  # noqa: PTH112
        message = f"can't open file {file!r}: {reason}"
        raise NoProgramError(message, status=2)
    return Location(options.target, options.kind, _folder(options.target), file)


def watch_roots(location: Location) -> tuple[str, ...]:
    """Give the folders to watch by default: the script's, or the top package's.

    For `-m`, `sys.path[0]` must be in place; nothing is imported.
    """
    if location.kind is TargetKind.PATH:
        return (location.path0 if os.path.isdir(location.path0) else _folder(location.file),)  # noqa: PTH112
    from importlib.util import find_spec  # noqa: PLC0415  only `-m` needs it

    try:
        spec = find_spec(location.target.partition(".")[0])
    except (ImportError, ValueError):
        spec = None
    if spec is None:
        return ()  # `load` says in a moment what is missing
    if spec.submodule_search_locations is not None:
        return tuple(dict.fromkeys(spec.submodule_search_locations))
    return (os.path.dirname(spec.origin),) if spec.has_location and spec.origin else ()  # noqa: PTH120


def load(location: Location) -> Program:
    """Import the parents of a module, and compile the program; what these raise is its own."""
    if location.kind is TargetKind.MODULE:
        return _load_module(location.target)
    if location.container:
        spec = PathFinder.find_spec("__main__", [location.path0])
        if spec is None or spec.loader is None:
            message = f"can't find '__main__' module in {location.file!r}"
            raise NoProgramError(message)
        return _from_spec(spec, argv0=location.target)
    return _load_file(location)


def _load_file(location: Location) -> Program:
    loader: Any
    if location.file.endswith(".pyc"):
        loader = SourcelessFileLoader("__main__", location.file)
        code, data = cast("CodeType", loader.get_code("__main__")), None
    else:
        loader = SourceFileLoader("__main__", location.file)
        with open(location.file, "rb") as file:  # noqa: PTH123  pathlib costs 4 ms at start
            data = file.read()
        code = compile(data, location.file, "exec", dont_inherit=True)
    return Program(
        argv0=location.target,
        file=location.file,
        package=None,
        loader=loader,
        spec=None,
        cached=None,
        code=code,
        data=data,
    )


def _load_module(name: str) -> Program:
    """Do what `python -m name` does, messages included (runpy has no public way to ask)."""
    if name.startswith("."):
        message = "Relative module names not supported"
        raise NoProgramError(message)
    parent = name.rpartition(".")[0]
    if parent:
        _import_parent(parent, name)
    spec = _find(name)
    if spec.submodule_search_locations is not None:
        if name == "__main__" or name.endswith(".__main__"):
            message = "Cannot use package as __main__ module"
            raise NoProgramError(message)
        try:
            return _load_module(name + ".__main__")
        except NoProgramError as error:
            if name not in sys.modules:
                raise
            message = f"{error}; {name!r} is a package and cannot be directly executed"
            raise NoProgramError(message) from None
    if spec.loader is None:
        message = f"{name!r} is a namespace package and cannot be executed"
        raise NoProgramError(message)
    return _from_spec(spec, argv0=spec.origin or name)


def _import_parent(parent: str, name: str) -> None:
    try:
        __import__(parent)
    except ImportError as error:
        missing = error.name
        if missing is None or (missing != parent and not parent.startswith(missing + ".")):
            raise
        message = f"Error while finding module specification for {name!r} ({type(error).__name__}: {error})"
        raise NoProgramError(message) from None
    existing = sys.modules.get(name)
    if existing is not None and not hasattr(existing, "__path__"):
        import warnings  # noqa: PLC0415  rare

        warnings.warn(
            f"{name!r} found in sys.modules after import of package {parent!r}, but prior to "
            f"execution of {name!r}; this may result in unpredictable behaviour",
            RuntimeWarning,
            stacklevel=1,
        )


def _find(name: str) -> ModuleSpec:
    from importlib.util import find_spec  # noqa: PLC0415  only `-m` needs it

    try:
        spec = find_spec(name)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        message = f"Error while finding module specification for {name!r} ({type(error).__name__}: {error})"
        if name.endswith(".py"):
            message += f". Try using {name[:-3]!r} instead of {name!r} as the module name."
        raise NoProgramError(message) from None
    if spec is None:
        message = f"No module named {name}"
        raise NoProgramError(message)
    return spec


def _from_spec(spec: ModuleSpec, *, argv0: str) -> Program:
    code, data = _code_of(spec)
    return Program(
        argv0=argv0,
        file=spec.origin,
        package=spec.parent,
        loader=spec.loader,
        spec=spec,
        cached=spec.cached,
        code=code,
        data=data,
    )


def _code_of(spec: ModuleSpec) -> tuple[CodeType, bytes | None]:
    loader = cast("Any", spec.loader)
    to_code: Callable[[bytes, str], CodeType] | None = getattr(loader, "source_to_code", None)
    if (
        to_code is not None
        and hasattr(loader, "get_data")
        and spec.has_location
        and spec.origin
    ):
        data: bytes = loader.get_data(spec.origin)
        return to_code(data, spec.origin), data
    get_code = getattr(loader, "get_code", None)
    code: CodeType | None = get_code(spec.name) if get_code is not None else None
    if code is None:
        message = f"No code object available for {spec.name}"
        raise NoProgramError(message)
    return code, None


def _absolute(path: str) -> str:
    """Give the path as the interpreter puts it into `__file__`: on POSIX, `./` stays in it."""
    if sys.platform == "win32":
        return os.path.abspath(path)  # noqa: PTH100
    return os.path.join(os.getcwd(), path)  # noqa: PTH109, PTH118


def _folder(script: str) -> str:
    """Give `sys.path[0]` for a script: links are followed, except on Windows."""
    follow = os.path.abspath if sys.platform == "win32" else os.path.realpath
    return os.path.dirname(follow(script))  # noqa: PTH120


def _is_container(file: str) -> bool:
    """Say whether some path hook takes `file` for a folder or an archive of modules."""
    for hook in sys.path_hooks:
        try:
            hook(file)
        except ImportError:
            continue
        return True
    return False


def _is_readable_pipe(file: str) -> bool:
    """Say whether `file` is `/dev/fd/63` or the like, as in `livepatch <(generate)`."""
    return os.path.exists(file) and not os.path.isdir(file)  # noqa: PTH110, PTH112
