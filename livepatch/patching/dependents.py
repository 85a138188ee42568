"""Classes generated from what they inherit: a dataclass whose base gained a field follows it.

The text of such a class did not change, but what its decorator or metaclass made of it would be
another thing in a fresh start; so its statement is executed aside like that of a changed one.
"""

from __future__ import annotations

from collections.abc import Sequence

from livepatch.model import FilePlan, Note
from livepatch.patching import bodies, classes
from livepatch.patching.registry import Registry
from livepatch.patching.site import Site
from livepatch.patching.transaction import Transaction
from livepatch.patching.units import Units
from livepatch.runtime import fields
from livepatch.runtime.classes import subclasses_of
from livepatch.source import regions

BELOW_ALL = 10**9


def rebuild_subclasses(
    transaction: Transaction, registry: Registry, sites: Sequence[Site]
) -> None:
    """Rebuild the subclasses of rebuilt classes that are generated from their fields."""
    done = {id(cls) for cls in transaction.rebuilt}
    texts = {site.module.__name__: site.text for site in sites}
    for base in list(transaction.rebuilt):
        for cls in sorted(subclasses_of(base), key=lambda each: len(each.__mro__)):
            if id(cls) in done or not fields.has_fields(cls):
                continue
            done.add(id(cls))
            _rebuild(transaction, registry, cls, texts)


def _rebuild(
    transaction: Transaction, registry: Registry, cls: type, texts: dict[str, str]
) -> None:
    tracked = registry.of_module(cls.__module__)
    text = "" if tracked is None else texts.get(cls.__module__) or tracked.known_text()
    path = tuple(cls.__qualname__.split("."))
    definitions = regions.outline_of(text, tracked.file) if tracked is not None else ()
    definition = bodies.find(definitions, path)
    if tracked is None or definition is None:
        message = "was generated from the fields of its old base; its statement was not found"
        transaction.notes.append(
            Note("stale-value", cls.__qualname__, cls.__module__, 1, message)
        )
        return
    for module in tracked.live_modules():
        plan = FilePlan(tracked.file, (), BELOW_ALL, 0, (), definitions, definitions)
        units = Units(tracked.code_name, tracked.flags(text))
        site = Site(transaction, registry, tracked, module, plan, units, text)
        classes.rebuild(site, path)
