"""What a patch changed, by module and name: what makes values of other statements stale."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from types import ModuleType

from livepatch.diff import parts
from livepatch.model import MISSING, Action, Edit, Kind
from livepatch.patching import indirect
from livepatch.patching.bodies import bare_name
from livepatch.patching.site import Site
from livepatch.patching.transaction import Transaction
from livepatch.runtime import enums
from livepatch.source.statement_uses import Use

Names = defaultdict[str, set[str]]  # by name of the module
MEMBERSHIP = frozenset({Action.ADD, Action.REMOVE, Action.RENAME, Action.EXECUTE})


class Changed:
    """What changed so far: values that were rebound, and code that answers otherwise now.

    `callers` is code that did not change and uses what did, by way of others too; `objects`
    stay what they are for who holds them, but answer otherwise (members of an enumeration);
    `kept` are those values and objects that did not change themselves. `members` are classes
    whose attributes came, went or have other values; `replaced` those that are new objects.
    `wrappers` is code of which only the functions changed that it gives back.
    """

    def __init__(self) -> None:
        """Have nothing changed."""
        self.values: Names = defaultdict(set)
        self.code = indirect.Code()
        self.callers = indirect.Code()
        self.objects: Names = defaultdict(set)
        self.kept: Names = defaultdict(set)
        self.members: Names = defaultdict(set)
        self.wrappers: Names = defaultdict(set)
        self.replaced: Names = defaultdict(set)
        self._looked_for: Names = defaultdict(set)

    @property
    def tables(self) -> tuple[Names, ...]:
        """Give the names as `Seen` has them for one module, those of all modules together."""
        found = self.values, self.code, self.callers, self.objects, self.kept
        return *found, self.members, self.wrappers

    def count(self) -> int:
        """Give how much changed so far."""
        return sum(len(names) for table in self.tables for names in table.values())

    def names(self) -> set[str]:
        """Give the last parts of all that changed: what a text has to mention."""
        found = set()
        for table in self.tables:
            for names in table.values():
                found |= {name.rpartition(".")[2].removesuffix("[]") for name in names}
                found |= {name.partition(".")[0].removesuffix("[]") for name in names}
        return found

    def keep(self, module: ModuleType, use: Use, asked: indirect.Asked) -> None:
        """Note that what `use` bound is stale, and that others may be by way of it."""
        found = self.values if asked.is_value(use) else self.objects
        for table in (found, self.kept):
            table[module.__name__].update(use.targets)

    def is_news(self, module: str, names: set[str]) -> bool:
        """Tell whether the callers of `names` in `module` have not been looked for yet."""
        is_new = bool(names - self._looked_for[module])
        self._looked_for[module] |= names
        return is_new

    def has_methods(self) -> bool:
        """Tell whether code of a class changed, which its instances lead to without its name."""
        return bool(self.code.attributes or self.callers.attributes)

    def sources(self) -> frozenset[str]:
        """Give the modules in which something changed."""
        return frozenset(
            name for table in self.tables for name, names in table.items() if names
        )


def changes_of(transaction: Transaction, sites: Sequence[Site]) -> Changed:
    """Give what `transaction` changes."""
    changed = Changed()
    for rebinding in transaction.rebound:
        if rebinding.old is not MISSING and not rebinding.name.startswith("__all__"):
            changed.values[rebinding.module.__name__].add(rebinding.name)
    for site in sites:
        for edit in site.plan.edits:
            _add(changed, site, edit)
        paths = {*site.former, *site.split}
        changed.replaced[site.module.__name__].update(".".join(path) for path in paths)
    return changed


def _add(changed: Changed, site: Site, edit: Edit) -> None:
    name = site.module.__name__
    code = set(_changed_code(edit))
    changed.code.add(name, code)
    if _is_of_wrappers(edit):
        changed.wrappers[name] |= code
    found_in = changed.objects if _is_of_enum(site, edit) else changed.values
    found_in[name].update(_changed_values(site, edit))
    if edit.owner and edit.action in MEMBERSHIP:
        changed.members[name].add(".".join(edit.owner))


def _is_of_wrappers(edit: Edit) -> bool:
    if edit.old is None or edit.new is None or edit.parts != {"body"}:
        return False
    if any(definition.text.count("def ") < 2 for definition in (edit.old, edit.new)):  # noqa: PLR2004
        return False  # most have no function inside
    return parts.is_in_innermost(edit.old.node, edit.new.node)


def _changed_code(edit: Edit) -> Iterator[str]:
    definition = edit.new or edit.old
    if definition is None or edit.action in {Action.RELINE, Action.RENAME}:
        return
    if edit.parts and edit.parts <= {"annotations", "docstring", "type_params"}:
        return
    path = ".".join([*edit.owner, bare_name(definition)])
    if edit.action is Action.UPDATE and definition.kind is Kind.FUNCTION:
        yield path
        if definition.name in indirect.MAKERS:
            yield ".".join(edit.owner)
    elif edit.action is Action.HEADER:
        yield path
        yield f"{path}[]"
    elif edit.owner and definition.kind is Kind.CLASS:
        yield path
    elif edit.action is Action.EXECUTE and definition.kind is Kind.STATEMENT:
        children = (child for child in definition.children if parts.is_definition(child))
        yield from (".".join([*edit.owner, bare_name(child)]) for child in children)


def _changed_values(site: Site, edit: Edit) -> Iterator[str]:
    """Give the attributes of classes that changed, and names that are gone again by the end."""
    definition = edit.new or edit.old
    if definition is None or definition.kind is not Kind.STATEMENT:
        return
    if edit.owner:
        yield from (".".join([*edit.owner, name]) for name in definition.binds)
    elif edit.old is not None and edit.new is not None:
        yield from (name for name in edit.new.binds if site.scope.get(name) is MISSING)


def _is_of_enum(site: Site, edit: Edit) -> bool:
    scope = site.scope_of(edit.owner) if edit.owner else None
    return scope is not None and scope.owner is not None and enums.is_enum(scope.owner)
