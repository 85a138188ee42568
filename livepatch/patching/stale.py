"""Values computed from code that changed, by statements that did not: kept, and named.

The program's state is the user's, so such a statement is not run again; what it once computed
may differ from what a fresh start would give.
"""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import compress, repeat
from operator import is_
from types import ModuleType
from typing import NamedTuple

from livepatch.model import MISSING, Action, Edit, Kind, Note
from livepatch.patching import decorated, imports, indirect
from livepatch.patching.registry import Registry, TrackedFile
from livepatch.patching.site import Site
from livepatch.patching.statements import bare_name
from livepatch.patching.transaction import Transaction
from livepatch.runtime import enums
from livepatch.source import uses
from livepatch.source.statement_uses import Use

Names = defaultdict[str, set[str]]  # by name of the module
MEMBERSHIP = frozenset({Action.ADD, Action.REMOVE, Action.RENAME, Action.EXECUTE})
LIMIT = 200  # notes of one patch


class _Changed:
    """What changed so far: values that were rebound, and code that answers otherwise now.

    `callers` is code that did not change and uses what did, by way of others too; `objects`
    stay what they are for who holds them, but answer otherwise (members of an enumeration);
    `kept` are those values and objects that did not change themselves. `members` are classes
    whose attributes came, went or have other values; `replaced` those that are new objects.
    """

    def __init__(self) -> None:
        self.values: Names = defaultdict(set)
        self.code: Names = defaultdict(set)
        self.callers: Names = defaultdict(set)
        self.objects: Names = defaultdict(set)
        self.kept: Names = defaultdict(set)
        self.members: Names = defaultdict(set)
        self.replaced: Names = defaultdict(set)
        self._looked_for: Names = defaultdict(set)

    @property
    def tables(self) -> tuple[Names, ...]:
        return self.values, self.code, self.callers, self.objects, self.kept, self.members

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
        every = [*self.code.values(), *self.callers.values()]
        return any("." in name for names in every for name in names)

    def sources(self) -> frozenset[str]:
        """Give the modules in which something changed."""
        return frozenset(
            name for table in self.tables for name, names in table.items() if names
        )


class _Seen(NamedTuple):
    """The changed names as one module writes them, by the tables of `_Changed`."""

    values: set[str]
    code: set[str]
    callers: set[str]
    objects: set[str]
    kept: set[str]
    members: set[str]


def notes(transaction: Transaction, sites: Sequence[Site], registry: Registry) -> list[Note]:
    """Give a note for each value that is stale after this patch, by way of others too."""
    changed = _Changed()
    for rebinding in transaction.rebound:
        if rebinding.old is not MISSING and not rebinding.name.startswith("__all__"):
            changed.values[rebinding.module.__name__].add(rebinding.name)
    for site in sites:
        name = site.module.__name__
        for edit in site.plan.edits:
            changed.code[name].update(_changed_code(edit))
            found_in = changed.objects if _is_of_enum(site, edit) else changed.values
            found_in[name].update(_changed_values(site, edit))
            if edit.owner and edit.action in MEMBERSHIP:
                changed.members[name].add(".".join(edit.owner))
        changed.replaced[name].update(".".join(path) for path in {*site.former, *site.split})
    executed = {site.module.__name__: _executed(site) for site in sites}
    texts = {site.tracked.file: site.text for site in sites}
    found: dict[tuple[str, int], Note] = {}
    for _ in range(8):  # each round follows the values found stale in the one before
        before = changed.count()
        found.update(_round(changed, registry, texts, executed))
        if changed.count() == before or len(found) > LIMIT:
            break
    return list({(note.file, note.qualname): note for note in found.values()}.values())


def _executed(site: Site) -> list[range]:
    """Give the lines of the statements that the patch executed."""
    whole = {Action.EXECUTE, Action.ADD}
    return [
        range(edit.new.first, edit.new.end + 1 if edit.action in whole else edit.new.first + 1)
        for edit in site.plan.edits
        if edit.new is not None and edit.action in {*whole, Action.HEADER}
    ]


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


def _round(
    changed: _Changed,
    registry: Registry,
    texts: dict[str, str],
    executed: dict[str, list[range]],
) -> Iterator[tuple[tuple[str, int], Note]]:
    words = changed.names()
    if not words:
        return
    sources = changed.sources()
    for tracked in registry:
        if tracked.file not in texts and not tracked.may_mention(words):
            continue
        for module in tracked.live_modules():
            text = texts.get(tracked.file) or tracked.known_text()
            seen = _Seen(*_as_seen_by(module, tracked, text, changed, sources))
            if not (any(seen) or changed.has_methods()):
                continue  # it mentions words, and means others by them
            names = seen.values | seen.code | seen.callers
            yield from _of_callers(module, tracked, text, changed, names)
            asked = indirect.Asked(module, changed.code, changed.callers, seen.objects)
            for use, cause in _stale_uses(text, seen, asked, changed.replaced[module.__name__]):
                if not any(use.first in lines for lines in executed.get(module.__name__, ())):
                    changed.keep(module, use, asked)
                    yield (tracked.file, use.line), _note(use, cause, tracked, module)


def _of_callers(
    module: ModuleType, tracked: TrackedFile, text: str, changed: _Changed, names: set[str]
) -> Iterator[tuple[tuple[str, int], Note]]:
    """Look for what calls or reads `names`; give a note for each that keeps answers of before."""
    mine = module.__name__
    if not changed.is_news(mine, names):
        return
    if not any(uses.is_mentioned(text, name) for name in _tails(names)):
        return
    by_module = {
        source: {*changed.code[source], *found} for source, found in changed.callers.items()
    }
    changed.callers[mine].update(indirect.other_names(module, {**changed.code, **by_module}))
    for path, function in indirect.callers(module, names):
        if path in changed.code[mine] or path in changed.callers[mine]:
            continue
        changed.callers[mine].add(path)
        count = indirect.kept_answers(module, path)
        if count:
            line = function.__code__.co_firstlineno
            yield (
                (tracked.file, line),
                Note(
                    "stale-value", path, tracked.file, line,
                    f"its cache keeps {count} answer{'s' if count > 1 else ''} that may be of what "
                    f"changed; its own code did not ({path}.cache_clear() forgets them)",
                ),
            )  # fmt: skip


def _stale_uses(
    text: str, seen: _Seen, asked: indirect.Asked, replaced: set[str]
) -> Iterator[tuple[Use, str]]:
    values, code = seen.values, seen.code
    heads = _heads(values | code | seen.callers | seen.objects | seen.members)
    for use in uses.uses_of(text, heads | _tails(values) | asked.names(), asked.attributes()):
        cause = _cause(use, values, code) or asked.cause(use, code)
        if cause and (cause not in use.targets or cause in replaced):
            yield use, f"{cause}, which {'is stale' if cause in seen.kept else 'changed'}"
            continue
        listed = min(use.listed & seen.members, default="")
        if listed and listed not in use.targets:
            yield use, f"{listed}, whose members changed"
            continue
        caller = min(use.called & seen.callers, default="") or asked.caller(use)
        maker = caller if caller and asked.is_data(use) else ""
        maker = maker or decorated.stale_decorator(use, asked, seen.callers)
        if not cause and maker:
            yield use, f"{maker}, which uses what changed"


def _modules_held(module: ModuleType, sources: frozenset[str]) -> list[tuple[str, str]]:
    """Give the names of `module` that are bound to modules in `sources`, with theirs.

    There may be ten thousand names, hardly any of which is a module's.
    """
    space = vars(module).copy()  # other threads may bind names meanwhile
    names = compress(space, map(is_, map(type, space.values()), repeat(ModuleType)))
    return [(name, space[name].__name__) for name in names if space[name].__name__ in sources]


def _may_import(text: str, sources: frozenset[str]) -> bool:
    """Tell whether `text` may import from one of `sources`: it has to mention them.

    But for packages, whose modules write dots in their place.
    """
    if not sources or "from" not in text:
        return False
    return any(
        source.rpartition(".")[2] in text or hasattr(sys.modules.get(source), "__path__")
        for source in sources
    )


def _heads(names: set[str]) -> set[str]:
    return {name.partition(".")[0].removesuffix("[]") for name in names}


def _tails(names: set[str]) -> set[str]:
    """Give attributes as the body of their own class mentions them."""
    return {name.rpartition(".")[2] for name in names}


def _as_seen_by(
    module: ModuleType,
    tracked: TrackedFile,
    text: str,
    changed: _Changed,
    sources: frozenset[str],
) -> list[set[str]]:
    """Give the changed names as `module` writes them: its own, imported ones, dotted ones."""
    # `get` throughout: to ask must not fill the tables, which are gone through for each module
    found = [set(each.get(module.__name__, ())) for each in changed.tables]
    both = list(zip(found, changed.tables, strict=True))
    if _may_import(text, sources - {module.__name__}):
        for mine, table in both:
            mine |= set(_imported(imports.from_imports(tracked, module), table))
    for name, source in _modules_held(module, sources):
        for mine, table in both:
            mine.update(f"{name}.{each}" for each in table.get(source, ()))
    return found


def _imported(imported: Sequence[tuple[str, str, str]], table: Names) -> Iterator[str]:
    """Give the changed names as a module writes those that it took from another one."""
    for source, name, alias in imported:
        for each in table.get(source, ()):
            head, dot, rest = each.partition(".")
            if head.endswith("[]"):
                head, dot = head.removesuffix("[]"), "[]"
            if name in {head, "*"}:
                yield (alias if name != "*" else head) + dot + rest
        yield from (f"{alias}.{each}" for each in table.get(f"{source}.{name}", ()))


def _cause(use: Use, values: set[str], code: set[str]) -> str:
    for names in (use.read & values, use.called & code, use.bases & values):
        if names:
            return min(names)
    decorators = use.decorators & (values | code)
    return min(decorators) if decorators else ""


def _note(use: Use, cause: str, tracked: TrackedFile, module: ModuleType) -> Note:
    name = ", ".join(use.targets) or f"line {use.line}"
    message = (
        f"was computed from {cause}; its own statement did not, so it is kept"
        if use.targets
        else f"works on {cause}; it did not change itself and was not run again"
    )
    if use.targets and "." not in use.targets[0]:
        message += (
            f" (livepatch.rerun({module.__name__ + ':' + use.targets[0]!r}) computes it anew)"
        )
    return Note("stale-value", name, tracked.file, use.line, message)
