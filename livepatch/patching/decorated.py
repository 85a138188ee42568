"""What decorators made with the help of changed code, where the decorators did not change.

A class that a decorator worked on has what the old code put there. A function that it wrapped
is stale only where the wrapper keeps data: all else it asks for the next time it is called.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from types import CodeType, FunctionType

from livepatch.patching import indirect
from livepatch.runtime import epochs, lookup
from livepatch.source.statement_uses import Use


def stale_decorator(use: Use, asked: indirect.Asked, callers: Collection[str]) -> str:
    """Give the decorator of `use` that used what changed as it ran, empty where none did.

    `callers` are names of what uses changed things, as the module writes them.
    """
    names = use.decorators.intersection(callers)
    if not names:
        return ""
    values = list(map(asked.find, use.targets))
    if any(map(lookup.is_class, values)):
        return min(names)
    if not any(map(_keeps_data, values)):
        return ""
    return min((name for name in names if _ran(asked.find(name), asked)), default="")


def _ran(decorator: object, asked: indirect.Asked) -> bool:
    """Tell whether `decorator` itself came by what changed, and not only the wrapper in it."""
    if type(decorator) is not FunctionType:
        return False
    wanted = asked.last_parts()
    code = epochs.plain_code(decorator)
    return any(not wanted.isdisjoint(each.co_names) for each in _before_the_wrapper(code))


def _before_the_wrapper(code: CodeType) -> Iterator[CodeType]:
    """Give `code`, and the functions inside it that make functions: the last one is the wrapper."""
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType) and any(
            isinstance(c, CodeType) for c in const.co_consts
        ):
            yield from _before_the_wrapper(const)


def _keeps_data(value: object) -> bool:
    """Tell whether functions in `value` have numbers or texts in their closures or attributes."""
    return any(
        type(each) is FunctionType and any(map(_is_data, lookup.inside(each)))
        for each in lookup.reach(value)
    )


def _is_data(value: object) -> bool:
    return value is not None and indirect.is_plain(value)
