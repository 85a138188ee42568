"""Who wants to hear of patches, before or after they happen; none of them can do harm."""

from __future__ import annotations

import traceback
from collections.abc import Callable

from livepatch.model import Patch, Refusal

Callback = Callable[[Patch], object]


class Hooks:
    """The callbacks of one patcher. What they raise is printed and goes no further."""

    def __init__(self) -> None:
        """Have nobody to tell."""
        self._before: list[Callback] = []
        self._after: list[Callback] = []
        self._told: tuple[Refusal, ...] = ()

    def add(self, callback: Callback, *, before: bool = False) -> Callable[[], None]:
        """Tell `callback` of each patch; gives what ends that."""
        chosen = self._before if before else self._after
        chosen.append(callback)

        def remove() -> None:
            if callback in chosen:
                chosen.remove(callback)

        return remove

    @property
    def anybody_before(self) -> bool:
        """True where somebody wants to hear of a patch before it happens."""
        return bool(self._before)

    def announce(self, patch: Patch) -> None:
        """Tell of a patch that is about to be committed."""
        _call(self._before, patch)

    def tell(self, patch: Patch) -> None:
        """Tell of a patch that was committed or held; one that did nothing is passed over."""
        if not patch and patch.ok and not patch.notes:
            return
        if patch.errors and patch.errors == self._told:
            return  # the same files are held for the same reason: it was said
        self._told = patch.errors
        _call(self._after, patch)


def _call(callbacks: list[Callback], patch: Patch) -> None:
    for callback in list(callbacks):
        try:
            callback(patch)
        except Exception:  # noqa: BLE001  a hook that raises does not hurt the program
            traceback.print_exc()
