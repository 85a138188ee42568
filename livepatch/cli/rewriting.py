"""The code of `__main__`, made from another tree than its text where an option or a loop asks.

Functions of a script are called while the script runs, so that there is no later moment to
prepare them: loops of `livepatch.loop` are outlined here, and `--loop` adds its decorators.
"""

from __future__ import annotations

import ast
import sys
from types import CodeType

from livepatch.errors import UnknownTargetError
from livepatch.source import decorating, outlining
from livepatch.source.templates import Function


def rewritten(
    code: CodeType, data: bytes, *, file: str, decorators: dict[str, str]
) -> CodeType:
    """Give the code to run in place of `code`, which was made from `data`.

    `decorators` maps functions of the program to the names of decorators that they get. Raises
    `UnknownTargetError` for a function that the text does not define.
    """
    has_loops = b"livepatch" in data and b"loop" in data
    if not has_loops and not decorators:
        return code
    tree = ast.parse(data, code.co_filename)
    found = decorating.decorated(tree, decorators)
    for missing in sorted(decorators.keys() - found):
        raise UnknownTargetError(missing, f"{file} defines no such function", "mend the name")
    changed = bool(found)
    if has_loops:
        namespace = _imports_of_livepatch(tree)
        for index, unit in enumerate(tree.body):
            outlined = outlining.outlined_unit(unit, _chosen(namespace)) if namespace else None
            if outlined is not None:
                tree.body[index], changed = outlined, True
    return compile(tree, code.co_filename, "exec", dont_inherit=True) if changed else code


def _chosen(namespace: dict[str, object]) -> outlining.Chosen:
    from livepatch.patching.liveloops import is_live_loop  # noqa: PLC0415  start-up time

    def chosen(qualname: str, function: Function) -> outlining.Choice:
        del qualname, function
        return lambda loop: is_live_loop(loop, namespace)

    return chosen


def _imports_of_livepatch(tree: ast.Module) -> dict[str, object]:
    """Give the names under which a program has livepatch, or its `loop`."""
    from livepatch import ways  # noqa: PLC0415  only a program that names it pays for it

    package = sys.modules["livepatch"]
    names: dict[str, object] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "livepatch":
                    names[alias.asname or alias.name] = package
        elif isinstance(node, ast.ImportFrom) and node.module in {
            "livepatch",
            "livepatch.ways",
        }:
            for alias in node.names:
                if alias.name == "loop":
                    names[alias.asname or alias.name] = ways.loop
    return names
