"""An old object and the new one for the same name: which object stays, and what it becomes."""

from __future__ import annotations

import sys
from types import FunctionType
from typing import Any

from livepatch.model import Write
from livepatch.runtime import functions

HOLDERS = 6  # references to a value that nobody but the statement that made it holds


def adopted(old: Any, new: Any, *, made: bool) -> tuple[Any, list[Write]]:
    """Give the object to bind, and the writes that make it what `new` is.

    The old object stays where both are functions of one definition and `new` is nobody
    else's (`made` says that a `def` has just made it); in all other cases it is `new`,
    untouched.
    """
    if type(old) is not FunctionType or type(new) is not FunctionType or old is new:
        return new, []
    writes = []
    if _same_origin(old, new) and (made or sys.getrefcount(new) <= HOLDERS):
        writes = functions.graft(old, new)
    return (old, writes) if writes else (new, [])


def _same_origin(old: FunctionType, new: FunctionType) -> bool:
    return old.__qualname__ == new.__qualname__ and (
        old.__module__ == new.__module__ or old.__globals__ is new.__globals__
    )
