"""What was made of the last few texts: the code that changes is often the code that changed last."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Generic, TypeVar

Key = TypeVar("Key", bound=Hashable)
Value = TypeVar("Value")


class Recent(Generic[Key, Value]):
    """What was kept last, with a bound on the size of all of it together.

    Threads may share it: each step is one operation of a dict, and who comes between two of
    them finds an entry missing at worst.
    """

    def __init__(self, limit: int) -> None:
        """Hold nothing yet, and never more than `limit`, in whatever unit sizes are given."""
        self._limit = limit
        self._found: dict[Key, tuple[Value, int]] = {}

    def take(self, key: Key) -> Value | None:
        """Give what was kept under `key`, and keep it no longer; None where nothing was."""
        return self._found.pop(key, (None, 0))[0]

    def keep(self, key: Key, value: Value, size: int) -> None:
        """Keep `value`, unless it alone is too large; what was kept first goes first."""
        if size > self._limit:
            return
        self._found[key] = value, size
        excess = sum([each for _, each in list(self._found.values())]) - self._limit
        for oldest in list(self._found):
            if excess <= 0:
                break
            excess -= self._found.pop(oldest, (value, 0))[1]
