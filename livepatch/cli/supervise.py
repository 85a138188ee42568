"""The watch of one run of the command, on `livepatch.api`."""

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
            control=options.control,
        )

    def on_main(
        self, module: ModuleType, file: str, data: bytes | None, code: CodeType
    ) -> None:
        """Track `__main__` where it is watched; a program without a source file is not."""
        if data is not None and self._watch.wants(file):
            self._watch.track_main(module, file, data, code)

    def stop(self) -> None:
        """End the watch."""
        self._watch.stop()
