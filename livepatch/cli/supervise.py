"""The watch of one run of the command, on the public verbs of `livepatch.api`."""

from __future__ import annotations

from collections.abc import Sequence
from types import CodeType, ModuleType

from livepatch import api
from livepatch.cli import args


class Supervision:
    """A watch over `paths` as `options` say, begun when this is made."""

    def __init__(self, options: args.Options, paths: Sequence[str]) -> None:
        """Start the watch; what is imported from now on is tracked."""
        self._watch = api.watch(
            *paths,
            poll=options.poll,
            debounce=options.debounce,
            verbosity=options.verbosity,
            log=options.log,
        )

    def on_main(
        self,
        module: ModuleType,
        file: str,
        data: bytes | None,
        code: CodeType,  # noqa: ARG002  for a tracker that wants the code itself
    ) -> None:
        """Track `__main__`, unless it has no source file."""
        if data is not None:
            api.default_patcher().track(module, file, data)

    def stop(self) -> None:
        """End the watch."""
        self._watch.stop()
