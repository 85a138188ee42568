"""Values computed from code that changed, by statements that did not: kept, and named.

The program's state is the user's, so such a statement is not run again; what it once computed
may differ from what a fresh start would give.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from itertools import compress, repeat
from operator import is_
from types import ModuleType
from typing import NamedTuple

from livepatch.diff import parts
from livepatch.model import Action, Note
from livepatch.patching import decorated, imports, indirect, keeping
from livepatch.patching.changed import Changed, Names, changes_of
from livepatch.patching.registry import Registry, TrackedFile
from livepatch.patching.site import Site
from livepatch.patching.transaction import Transaction
from livepatch.runtime import lookup
from livepatch.source import uses, words
from livepatch.source.statement_uses import Use

LIMIT = 200  # notes of one patch


class Seen(NamedTuple):
    """The changed names as one module writes them, by the tables of `Changed`."""

    values: set[str]
    code: set[str]
    callers: set[str]
    objects: set[str]
    kept: set[str]
    members: set[str]
    wrappers: set[str]


class Sources(NamedTuple):
    """The modules in which something changed."""

    names: frozenset[str]
    last_parts: frozenset[str]
    has_packages: bool


def notes(transaction: Transaction, sites: Sequence[Site], registry: Registry) -> list[Note]:
    """Give a note for each value that is stale after this patch, by way of others too."""
    changed = changes_of(transaction, sites)
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
    found = []
    for edit in site.plan.edits:
        new = edit.new
        if new is None or keeping.keeps_value(site.plan, edit):
            continue
        if edit.action in {Action.EXECUTE, Action.ADD}:
            found.append(range(new.first, new.end + 1))
        elif edit.action is Action.HEADER or parts.has_new_defaults(new.node, edit.parts):
            found.append(range(new.first, new.first + 1))
    return found


def _round(
    changed: Changed,
    registry: Registry,
    texts: dict[str, str],
    executed: dict[str, list[range]],
) -> Iterator[tuple[tuple[str, int], Note]]:
    mentioned = changed.names()
    if not mentioned:
        return
    sources = _sources(changed)
    for tracked in registry:
        if tracked.file not in texts and not tracked.may_mention(mentioned):
            continue
        for module in tracked.live_modules():
            text = texts.get(tracked.file) or tracked.known_text()
            seen = Seen(*_as_seen_by(module, tracked, text, changed, sources))
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
    module: ModuleType, tracked: TrackedFile, text: str, changed: Changed, names: set[str]
) -> Iterator[tuple[tuple[str, int], Note]]:
    """Look for what calls or reads `names`; give a note for each that keeps answers of before."""
    mine = module.__name__
    if not changed.is_news(mine, names):
        return
    tails = words.candidates(_tails(names), text)
    if not any(uses.is_mentioned(text, name) for name in tails):
        return
    others = set(indirect.other_names(module, changed.code, changed.callers))
    changed.callers.add(mine, others)
    known = changed.code[mine] | changed.callers[mine]
    for path, function in indirect.callers(module, names, known):
        if path in changed.callers[mine]:
            continue  # a class, by another of its methods
        changed.callers.add(mine, {path})
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
    text: str, seen: Seen, asked: indirect.Asked, replaced: set[str]
) -> Iterator[tuple[Use, str]]:
    values, code = seen.values, seen.code
    heads = _heads(values | code | seen.callers | seen.objects | seen.members)
    for use in uses.uses_of(text, heads | _tails(values) | asked.names(), asked.attributes()):
        cause = _cause(use, seen, asked) or asked.cause(use, code)
        if cause and (cause not in use.targets or cause in replaced):
            is_stale = cause in seen.kept and cause not in replaced
            yield use, f"{cause}, which {'is stale' if is_stale else 'changed'}"
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


def _sources(changed: Changed) -> Sources:
    names = changed.sources()
    packages = (name for name in names if hasattr(sys.modules.get(name), "__path__"))
    return Sources(names, frozenset(_tails(names)), any(packages))


def _modules_held(module: ModuleType, sources: frozenset[str]) -> list[tuple[str, str]]:
    """Give the names of `module` that are bound to modules in `sources`, with theirs.

    There may be ten thousand names, hardly any of which is a module's.
    """
    space = vars(module).copy()  # other threads may bind names meanwhile
    names = compress(space, map(is_, map(type, space.values()), repeat(ModuleType)))
    return [(name, space[name].__name__) for name in names if space[name].__name__ in sources]


def _may_import(text: str, module: str, sources: Sources) -> bool:
    """Tell whether `text` may import from one of `sources` but its own: it has to mention them.

    But for packages, whose modules write dots in their place.
    """
    if "from" not in text or sources.names <= {module}:
        return False
    found = words.candidates(sources.last_parts, text)
    return sources.has_packages or any(map(text.__contains__, found))


def _heads(names: set[str]) -> set[str]:
    return {name.partition(".")[0].removesuffix("[]") for name in names}


def _tails(names: AbstractSet[str]) -> set[str]:
    """Give attributes as the body of their own class mentions them."""
    return {name.rpartition(".")[2] for name in names}


def _as_seen_by(
    module: ModuleType,
    tracked: TrackedFile,
    text: str,
    changed: Changed,
    sources: Sources,
) -> list[set[str]]:
    """Give the changed names as `module` writes them: its own, imported ones, dotted ones."""
    # `get` throughout: to ask must not fill the tables, which are gone through for each module
    found = [set(each.get(module.__name__, ())) for each in changed.tables]
    both = list(zip(found, changed.tables, strict=True))
    if _may_import(text, module.__name__, sources):
        for mine, table in both:
            mine |= set(_imported(imports.from_imports(tracked, module), table))
    for name, source in _modules_held(module, sources.names):
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


def _cause(use: Use, seen: Seen, asked: indirect.Asked) -> str:
    sure = seen.values | seen.code
    if not any(map(lookup.is_class, map(asked.find, use.targets))):
        sure -= seen.wrappers  # live wrappers run the new body
    called = use.called & (seen.code if asked.is_data(use) else seen.code - seen.wrappers)
    for names in (
        use.read & seen.values,
        called,
        use.bases & seen.values,
        use.decorators & sure,
    ):
        if names:
            return min(names)
    return ""


def _note(use: Use, cause: str, tracked: TrackedFile, module: ModuleType) -> Note:
    name = ", ".join(use.targets) or f"line {use.line}"
    is_kept = (
        cause.partition(", which")[0] not in use.targets
    )  # else it goes on from a new class
    message = (
        f"was computed from {cause}; its own statement did not, so it is kept"
        if use.targets and is_kept
        else f"works on {cause}; it did not change itself and was not run again"
    )
    if use.targets and "." not in use.targets[0]:
        message += (
            f" (livepatch.rerun({module.__name__ + ':' + use.targets[0]!r}) computes it anew)"
        )
    return Note("stale-value", name, tracked.file, use.line, message)
