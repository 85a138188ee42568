"""All files of a batch to the writes of one transaction, and what follows from them elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType

from livepatch.model import Action, Edit, Note
from livepatch.patching import (
    classes,
    dependents,
    handover,
    liveloops,
    stale,
    upgrades,
)
from livepatch.patching.following import Following
from livepatch.patching.optin import Marks
from livepatch.patching.prepare import prepare_all
from livepatch.patching.reading import Reading
from livepatch.patching.registry import Registry
from livepatch.patching.site import Site
from livepatch.patching.transaction import Transaction
from livepatch.patching.units import Units


def prepare(
    transaction: Transaction,
    readings: Sequence[Reading],
    registry: Registry,
    marks: Marks,
    filters: Sequence[Callable[[ModuleType, Edit], bool]],
) -> list[Note]:
    """Add all that `readings` ask for to the transaction; give what it leaves as it was.

    Raises `StepError` where a statement of the program raised.
    """
    sites = []
    for item in readings:
        for module in item.tracked.live_modules():
            rewrite = liveloops.rewriter(module, marks)
            changed = [
                edit.unit
                for edit in item.plan.edits
                if edit.unit is not None and edit.action in {Action.UPDATE, Action.RELINE}
            ]
            units = Units(item.tracked.code_name, item.flags, item.whole, rewrite, changed)
            text = item.source.text
            site = Site(transaction, registry, item.tracked, module, item.plan, units, text)
            classes.drop_idle_orders(site)
            sites.append(site)
    following = Following(transaction, registry, sites)
    with transaction.catching_up(following.catch_up):
        prepare_all(sites, filters)
    dependents.rebuild_subclasses(transaction, registry, sites)
    upgrades.carry_over(sites)
    handover.tell_modules(sites)
    following.finish()
    late = [note for item in readings for note in item.notes]
    return [*late, *stale.notes(transaction, sites, registry)]
