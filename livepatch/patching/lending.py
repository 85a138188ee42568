"""Names that a module imports, uses and deletes again: lent to the statements that run later.

`import sys`, some statements, `del sys`: when one of them changes, `sys` is not there any more.
"""

from __future__ import annotations

import ast
import builtins
from collections.abc import Callable
from types import CodeType, ModuleType
from typing import Any

from livepatch.model import MISSING
from livepatch.source import scopes

ABOUT_ITSELF = ("__name__", "__package__", "__spec__", "__builtins__")


def lent(
    node: ast.stmt,
    text: str,
    module: ModuleType,
    get: Callable[[str], object],
    compiled: Callable[[ast.stmt], CodeType],
) -> dict[str, Any]:
    """Give what `node` needs of the imports in `text` that a `del` below takes back.

    `get` gives the value of a name as `node` sees it, `compiled` the code of a statement.
    """
    if "del " not in text:
        return {}
    missing = {
        name
        for name in scopes.names_evaluated(node)
        if get(name) is MISSING and not hasattr(builtins, name)
    }
    missing &= scopes.names_left_deleted(text) if missing else missing
    namespace: dict[str, Any] = {}
    for statement in ast.parse(text).body if missing else ():
        is_import = isinstance(statement, ast.Import | ast.ImportFrom)
        if is_import and scopes.bound_names(statement) & missing:
            space = {name: getattr(module, name, None) for name in ABOUT_ITSELF}
            exec(compiled(statement), space)  # noqa: S102  as the text says
            namespace.update({name: space[name] for name in missing & space.keys()})
    return namespace
