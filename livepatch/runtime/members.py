"""Members of lists: told apart by identity, and put back where they were."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from livepatch.model import MISSING

END: Final = sys.maxsize
"""The place of the last member: it is the last one again, however long the list is then."""


def place_of(members: list[Any], member: object) -> object:
    """Give the index of `member`, `END` for the last one, MISSING where it is none."""
    if members and members[-1] is member:
        return END
    return next((at for at, each in enumerate(members) if each is member), MISSING)


def operation(members: list[Any], member: object, place: Any) -> Callable[[], object]:
    """Give what inserts `member` at `place`, or removes it where that is MISSING, if it is there."""
    if place is not MISSING:
        return partial(members.insert, place, member)
    is_there = any(each is member for each in members)
    return partial(members.remove, member) if is_there else bool
