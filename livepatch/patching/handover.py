"""`__livepatch__`: an object decides what becomes of the one whose place it takes.

The hook is that of pyflyby. Where a changed statement, a decorator or a class statement makes a
new object for a name that held an old one, the hook of the new object is called in place of the
usual mechanism and gives the object to keep; a module's hook is called once, after all changes
of the module. Hooks run inside the transaction: what they raise rolls it back, and what they did
to the attributes of either object is taken back too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import FunctionType, ModuleType
from typing import Any

from livepatch.model import MISSING, Action
from livepatch.patching.site import Site
from livepatch.patching.upgrades import restoring, state_of
from livepatch.runtime import functions

NAME = "__livepatch__"
Hook = Callable[..., object]


def hook_of(new: Any) -> Hook | None:
    """Give the hook that `new` has of itself; a class has one where it needs no instance."""
    if isinstance(new, ModuleType | FunctionType):
        found = vars(new).get(NAME)
    elif isinstance(new, type):
        found = next((vars(base)[NAME] for base in new.__mro__ if NAME in vars(base)), None)
        found = getattr(new, NAME) if isinstance(found, staticmethod | classmethod) else None
    elif any(NAME in vars(base) for base in type(new).__mro__):
        found = getattr(new, NAME)
    else:
        return None
    return found if callable(found) else None


def chosen(
    site: Site, old: object, new: object, standard: Callable[[], object] | None = None
) -> object:
    """Give the object that the hook of `new` keeps, MISSING where it has none.

    `standard` does what livepatch would do without a hook, and gives the object to keep.
    """
    hook = None if old is MISSING or new is MISSING or old is new else hook_of(new)
    if hook is None:
        return MISSING
    site.transaction.flush()  # the hook sees the new code
    kept = _undoing(site, old, lambda: _call(site, hook, old, new, standard))
    return new if kept is None else kept


def _undoing(site: Site, old: object, call: Callable[[], object]) -> object:
    if isinstance(old, type | ModuleType):
        return call()
    before = state_of(old)
    try:
        return call()
    finally:
        site.transaction.done(restoring(old, before))


def _call(
    site: Site, hook: Hook, old: object, new: object, standard: Callable[[], object] | None
) -> object:
    """Call `hook` with the arguments that it names; the first may bear any name and is `old`."""
    import inspect  # noqa: PLC0415  10 ms that only a hook costs

    offered: dict[str, object] = {
        "old": old,
        "new": new,
        "modname": site.module.__name__,
        "do_livepatch": standard or (lambda: _refilled(site, old, new)),
    }
    parameters = list(inspect.signature(hook).parameters.values())
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
        return hook(**offered)
    names = [parameter.name for parameter in parameters]
    if names and names[0] not in offered and "old" not in names:
        return hook(old, **{name: offered[name] for name in names if name in offered})
    return hook(**{name: offered[name] for name in names if name in offered})


def _refilled(site: Site, old: object, new: object) -> object:
    """Give `old` with the contents of `new` where they are of one kind, else `new`."""
    if isinstance(old, FunctionType) and isinstance(new, FunctionType):
        writes = functions.graft(old, new)
        site.transaction.carry_out_now(writes)
        return old if writes else new
    if old is new or type(old) is not type(new) or not hasattr(old, "__dict__"):
        return new
    vars(old).clear()
    vars(old).update(vars(new))
    return old


def tell_modules(sites: Sequence[Site]) -> None:
    """Call the hook of each module that changed, once all its changes are in place."""
    for site in sites:
        hook = hook_of(site.module)
        if hook is None or not any(
            edit.action is not Action.RELINE for edit in site.plan.edits
        ):
            continue
        site.transaction.flush()
        _call(site, hook, site.module, site.module, None)
