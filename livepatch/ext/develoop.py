"""`--loop` and `--xloop`: jurigged's develoop, which runs a function again after each patch.

The interface is jurigged's; the patches, and the word that one has landed, are livepatch's.
jurigged is imported when the first function is to be looped, and nowhere else.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType, SimpleNamespace
from typing import Any

from livepatch.errors import UnknownTargetError, UsageError
from livepatch.model import Patch
from livepatch.patching.patcher import Patcher

Function = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Spec:
    """A function to loop on, as the command line names it: `module` is "" for the program's own."""

    module: str
    qualname: str
    only_on_error: bool

    @property
    def key(self) -> str:
        """The name of its decorator, which no program can have used."""
        return f"livepatch {'--xloop' if self.only_on_error else '--loop'} {self.qualname}"


def specs_of(loop: Sequence[str], xloop: Sequence[str]) -> tuple[Spec, ...]:
    """Read `FUNC`, `Class.method` and `package.module:FUNC`."""
    found = []
    for words, only_on_error in ((loop, False), (xloop, True)):
        for word in words:
            module, _, qualname = word.rpartition(":")
            if not qualname:
                message = f"{word!r} names no function"
                raise UsageError(message)
            found.append(Spec(module, qualname, only_on_error))
    return tuple(found)


class Develoops:
    """Makes functions into develoops, and tells these of patches."""

    def __init__(self, patcher: Patcher, *, interface: str) -> None:
        """Have jurigged's loop at hand; raise `UsageError` where it is not installed."""
        try:
            from jurigged.loop import loop  # noqa: PLC0415  the package is imported only now
            from jurigged.register import registry  # noqa: PLC0415
        except ImportError as error:
            message = (
                f"--loop and --xloop need jurigged ({error}): pip install 'livepatch[loop]'"
            )
            raise UsageError(message) from error
        self._loop: Any = loop
        self._activity: Any = registry.activity
        self._interface = interface
        patcher.on_patch(self._tell)

    def _tell(self, patch: Patch) -> None:
        """Let running develoops know that the files of `patch` have changed."""
        if patch:
            for file in patch.files:
                event = SimpleNamespace(codefile=SimpleNamespace(filename=file))
                self._activity.emit(event)

    def looped(self, function: Function, *, only_on_error: bool) -> Function:
        """Give what runs `function` again with the same arguments whenever a patch lands."""
        runner = self._loop(function, interface=self._interface, only_on_error=only_on_error)

        @functools.wraps(function)
        def looped(*arguments: Any, **keywords: Any) -> Any:
            return runner(*arguments, **keywords)

        return looped

    def put_decorators(self, module: ModuleType, specs: Sequence[Spec]) -> None:
        """Have the decorators of `specs` in the namespace of a module that is about to run.

        Each goes when it has been applied.
        """
        namespace = vars(module)
        for spec in specs:

            def decorate(function: Function, spec: Spec = spec) -> Function:
                namespace.pop(spec.key, None)
                return self.looped(function, only_on_error=spec.only_on_error)

            namespace[spec.key] = decorate

    def replace_in(self, module: ModuleType, spec: Spec) -> None:
        """Put the develoop in place of a function of a module that has just been imported."""
        holder: Any = module
        *path, name = spec.qualname.split(".")
        try:
            for part in path:
                holder = getattr(holder, part)
            function = vars(holder)[name]
        except (AttributeError, KeyError):
            title = f"{spec.module}:{spec.qualname}"
            raise UnknownTargetError(
                title, "there is no such function", "mend the name"
            ) from None
        inner = getattr(function, "__func__", function)
        made: Any = self.looped(inner, only_on_error=spec.only_on_error)
        if isinstance(function, staticmethod | classmethod):
            made = type(function)(made)
        setattr(holder, name, made)
