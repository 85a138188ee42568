"""The watch of one run of the command, on `livepatch.api`."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType, ModuleType
from typing import TYPE_CHECKING, Any

from livepatch import api
from livepatch.cli import args
from livepatch.cli.program import NoProgramError
from livepatch.errors import UsageError
from livepatch.watching.importing import ImportHook

if TYPE_CHECKING:
    from livepatch.ext.develoop import Develoops, Spec


class Supervision:
    """A watch over `paths` as `options` say, begun when this is made."""

    def __init__(self, options: args.Options, paths: Sequence[str]) -> None:
        """Start the watch; what is imported from now on is tracked."""
        self._specs: tuple[Spec, ...] = ()
        self._develoops: Develoops | None = None
        self._loop(options)
        terms: Any = dict(options.terms)  # each is a keyword, its value of the type wanted
        self._watch = api.watch(
            *paths,
            poll=options.poll,
            debounce=options.debounce,
            verbosity=options.verbosity,
            log=options.log,
            control=options.control,
            **terms,
        )

    def on_main(
        self, module: ModuleType, file: str, data: bytes | None, code: CodeType
    ) -> CodeType | None:
        """Track `__main__` where it is watched; a program without a source file is not.

        Gives the code to run where an option, or a loop of the program, asks for other code.
        """
        own = [spec for spec in self._specs if not spec.module]
        if data is None:
            return None
        decorators = {spec.qualname: spec.key for spec in own}
        if decorators or (b"livepatch" in data and b"loop" in data):
            from livepatch.cli import rewriting  # noqa: PLC0415  start-up time

            try:
                code = rewriting.rewritten(code, data, file=file, decorators=decorators)
            except UsageError as error:
                message = f"--loop: {error}"
                raise NoProgramError(message, status=2) from error
        if self._develoops is not None:
            self._develoops.put_decorators(module, own)
        if self._watch.wants(file):
            self._watch.track_main(module, file, data, code)
        return code

    def _loop(self, options: args.Options) -> None:
        """Have the functions of `--loop` and `--xloop` made into develoops as they appear."""
        if not options.loop and not options.xloop:
            return
        from livepatch.ext import develoop  # noqa: PLC0415  only on request

        try:
            self._specs = develoop.specs_of(options.loop, options.xloop)
            self._develoops = loops = develoop.Develoops(
                api.default_patcher(), interface=options.loop_interface
            )
        except UsageError as error:
            raise NoProgramError(str(error), status=2) from error
        wanted = {spec.module: spec for spec in self._specs if spec.module}

        def replace(module: ModuleType, file: str, data: bytes) -> None:
            del file, data
            for spec in self._specs:
                if spec.module == module.__name__:
                    loops.replace_in(module, spec)

        if wanted:
            ImportHook(replace, lambda _path: True).install()

    def stop(self) -> None:
        """End the watch."""
        self._watch.stop()
