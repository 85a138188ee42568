"""Names that follow: modules that imported a value from a module where it was rebound."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import ModuleType

from livepatch.model import MISSING, Write, WriteKind
from livepatch.patching.imports import from_imports
from livepatch.patching.registry import Registry
from livepatch.patching.site import Site
from livepatch.patching.transaction import Rebinding, Transaction


class Following:
    """Lets importers of rebound names follow, before statements of the batch look at them.

    A module follows where it imported the name, and still holds the very object that the name
    held before: what the program itself assigned since is never overwritten. Where the batch
    has a new text of the module that binds the name, that text says what becomes of it.
    """

    def __init__(
        self, transaction: Transaction, registry: Registry, sites: Sequence[Site]
    ) -> None:
        """Have nobody follow yet."""
        self._transaction = transaction
        self._registry = registry
        self._sites = {id(site.module): site for site in sites}
        self._bound = {id(site.module): _names_bound(site) for site in sites}
        self._known = 0  # how many of the rebound names the importers followed

    def catch_up(self) -> None:
        """Let importers follow what was rebound since the last time."""
        news = self._transaction.rebound[self._known :]
        if news:
            self._follow(_joined(news), final=False)
            self._known = len(self._transaction.rebound)

    def finish(self) -> None:
        """Let importers follow all that was rebound, where their own texts left it alone, too."""
        self.catch_up()
        transaction = self._transaction
        if transaction.rebound:
            follow_all(transaction)
            changes = [*transaction.withdrawn, *_joined(transaction.rebound)]
            self._follow(changes, final=True)

    def _follow(self, waiting: list[Rebinding], *, final: bool) -> None:
        transaction = self._transaction
        exported: dict[str, frozenset[str]] = {}
        while waiting:
            change = waiting.pop()
            home = change.module.__name__
            if home not in exported:
                exported[home] = exported_names(transaction, change.module)
                exported[home] |= exported_names(transaction, change.module, before=True)
                for old in transaction.withdrawn:
                    if old.module is change.module:
                        exported[home] |= {old.name}
            for module, name, star in _importers(change, self._registry, exported[home]):
                more = Rebinding(module, name, change.old, change.new)
                if self._is_to_follow(more, star=star, final=final):
                    self._rebind(more)
                    _mention(transaction, change, module)
                    waiting.append(more)

    def _is_to_follow(self, change: Rebinding, *, star: bool, final: bool) -> bool:
        """Tell whether the module of `change`, an importer, goes along with it."""
        namespace = vars(change.module)
        is_bound = change.name in self._bound.get(id(change.module), ())
        if is_bound and not (final and not self._transaction.writes_to(namespace, change.name)):
            return False
        now = self._transaction.upcoming(namespace, change.name)
        if now is change.new or now is not change.old:
            return False
        return star or change.new is not MISSING  # who imported it by name keeps what is gone

    def _rebind(self, change: Rebinding) -> None:
        namespace = vars(change.module)
        self._transaction.add([Write(WriteKind.ITEM, namespace, change.name, change.new)])
        self._transaction.rebound.append(change)
        site = self._sites.get(id(change.module))
        if site is not None:
            site.scope.staged[change.name] = change.new


def _names_bound(site: Site) -> frozenset[str]:
    """Give the names that the edits of `site` bind, or take away."""
    both = [each for edit in site.plan.edits for each in (edit.old, edit.new)]
    return frozenset[str]().union(*(each.binds for each in both if each is not None))


def _joined(changes: Sequence[Rebinding]) -> list[Rebinding]:
    """Give one change for each name: from what it held first to what it holds at last."""
    found: dict[tuple[int, str], Rebinding] = {}
    for change in changes:
        first = found.get((id(change.module), change.name))
        joined = change if first is None else replace(change, old=first.old)
        found[id(change.module), change.name] = joined
    return list(found.values())


def _mention(transaction: Transaction, change: Rebinding, module: ModuleType) -> None:
    """Add to the report of a statement that `module` follows."""
    old = transaction.changed_by.get((change.module.__name__, change.name))
    if old is None:
        return
    where = f"{module.__name__} (from-import)"
    detail = f"{old.detail}, {where}" if "also in" in old.detail else f"also in {where}"
    new = replace(old, detail=detail)
    transaction.changes[transaction.changes.index(old)] = new
    for key, change_of in transaction.changed_by.items():
        if change_of is old:
            transaction.changed_by[key] = new


def _importers(
    change: Rebinding, registry: Registry, exported: frozenset[str]
) -> Iterator[tuple[ModuleType, str, bool]]:
    word = change.name
    for tracked in registry:
        if not tracked.may_mention({word, "import *"}):
            continue
        text = tracked.known_text()
        star = "import *" in text
        if word not in text and not star:
            continue
        for module in tracked.live_modules():
            if module is change.module:
                continue
            for source, name, alias in from_imports(tracked, module):
                if source != change.module.__name__:
                    continue
                if name == word:
                    yield module, alias, False
                elif name == "*" and word in exported:
                    yield module, word, True


def exported_names(
    transaction: Transaction, module: ModuleType, *, before: bool = False
) -> frozenset[str]:
    """Give the names that a star import of `module` takes once the transaction is done.

    With `before`, those that it took when the transaction began.
    """
    namespace = dict(vars(module))
    for change in transaction.rebound:
        if change.module is module:
            namespace[change.name] = change.old if before else change.new
    listed = namespace.get("__all__", MISSING)
    if listed is not MISSING:
        return frozenset(name for name in listed if isinstance(name, str))
    return frozenset(
        name
        for name, value in namespace.items()
        if not name.startswith("_") and value is not MISSING
    )


def follow_all(transaction: Transaction) -> None:
    """Note names that a changed `__all__` lets star imports see for the first time, or no more."""
    for change in list(transaction.rebound):
        if change.name != "__all__":
            continue
        namespace = vars(change.module)
        before = set(change.old) if isinstance(change.old, list | tuple) else set()
        after = set(change.new) if isinstance(change.new, list | tuple) else set()
        for name in sorted(after - before):
            if name in namespace:
                value = namespace[name]
                transaction.rebound.append(Rebinding(change.module, name, MISSING, value))
        known = {(each.module, each.name) for each in transaction.rebound}
        for name in sorted(before - after):
            if name in namespace and (change.module, name) not in known:
                value = namespace[name]
                transaction.withdrawn.append(Rebinding(change.module, name, value, MISSING))
