"""Which statements a module's text surely has: what its live functions and classes say of it."""

from __future__ import annotations

from collections.abc import Collection
from types import FunctionType, ModuleType
from typing import Any

from livepatch.runtime import epochs


def first_lines(module: ModuleType, files: Collection[str]) -> dict[int, str]:
    """Give the names of the top-level functions and classes of `module` by their first line."""
    namespace = vars(module)
    found: dict[int, str] = {}
    for value in list(namespace.values()):
        if type(value) is FunctionType:
            code = epochs.plain_code(value)
            name = code.co_name
            if (
                code.co_qualname == name
                and value.__globals__ is namespace
                and code.co_filename in files
            ):
                found[code.co_firstlineno] = name
        elif type(value) is type:
            inside: Any = type.__getattribute__(value, "__dict__")
            line = inside.get("__firstlineno__")  # 3.13 and on
            is_own = inside.get("__module__") == module.__name__
            if isinstance(line, int) and is_own and "." not in value.__qualname__:
                found[line] = value.__name__
    return found
