"""Room for a deep recursion while the code that picks a version has a frame of its own.

A program may recurse to just below its limit. While functions pick, each of its calls takes two
frames: the limit is twice as high as long as any does.
"""

from __future__ import annotations

import sys

from livepatch.runtime import frames, stubs

HIGHEST = 2**31 - 1


class Headroom:
    """The limit of recursion before it was raised, and after."""

    def __init__(self) -> None:
        """Leave the limit as it is."""
        self._before = self._raised = 0

    def __bool__(self) -> bool:
        """Tell whether there is something to give back."""
        return bool(self._raised)

    def make(self) -> None:
        """Have the limit be twice what the program has chosen."""
        now = sys.getrecursionlimit()
        if now == self._raised:
            return
        self._before, self._raised = now, min(2 * now, HIGHEST)
        sys.setrecursionlimit(self._raised)

    def give_back(self) -> None:
        """Have the limit that the program has chosen, unless somebody still takes two frames a call.

        Then this is to be asked again: the frames that are there would not fit.
        """
        if not self._raised:
            return
        if sys.getrecursionlimit() == self._raised:
            if frames.is_any_executing(stubs.is_picking):
                return
            try:
                sys.setrecursionlimit(self._before)
            except RecursionError:  # this thread alone is deeper than that
                return
        self._before = self._raised = 0
