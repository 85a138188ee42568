"""Names that follow: modules that imported a value from a module where it was rebound."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from types import ModuleType
from typing import Any

from livepatch.diff.match import order_files
from livepatch.model import MISSING, Write, WriteKind
from livepatch.patching.reading import Reading
from livepatch.patching.registry import Registry, TrackedFile
from livepatch.patching.transaction import Rebinding, Transaction

FROM = re.compile(
    r"^[ \t]*from[ \t]+[.\w]+[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]*)", re.MULTILINE
)


def follow(transaction: Transaction, registry: Registry) -> list[Rebinding]:
    """Let importers of rebound names follow; give what was rebound in them.

    A module follows where it imported the name, and still holds the very object that the name
    held before: what the program itself assigned since is never overwritten.
    """
    followed: list[Rebinding] = []
    if not transaction.rebound:
        return followed
    follow_all(transaction)
    waiting = [*transaction.withdrawn, *_joined(transaction.rebound)]
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
        for module, name, star in _importers(change, registry, exported[home]):
            now = vars(module).get(name, MISSING)
            if now is change.new or now is not change.old:
                continue
            if transaction.writes_to(vars(module), name):
                continue  # the module's own new text says what becomes of the name
            if change.new is MISSING and not star:
                continue  # who imported it by name goes on with the object
            transaction.add([Write(WriteKind.ITEM, vars(module), name, change.new)])
            _mention(transaction, change, module)
            more = Rebinding(module, name, change.old, change.new)
            followed.append(more)
            waiting.append(more)
    return followed


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
        if not tracked.may_mention((word, "import *")):
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


def from_imports(tracked: TrackedFile, module: ModuleType) -> list[tuple[str, str, str]]:
    """Give (module, name, bound name) for each from-import in the text of `tracked`."""
    return _from_imports(tracked.known_text(), _package(module))


def _package(module: ModuleType) -> str:
    spec: Any = getattr(module, "__spec__", None)
    parent = getattr(spec, "parent", None) or getattr(module, "__package__", None)
    return parent or ""


def _from_imports(
    text: str, package: str, *, at_start: bool = False
) -> list[tuple[str, str, str]]:
    found = []
    for match in _matches(text):
        if at_start and match.group()[0] in " \t":
            continue
        try:
            body = ast.parse(match.group().strip()).body
        except SyntaxError:
            continue  # the words stand in a string
        for node in body:
            if isinstance(node, ast.ImportFrom):
                source = absolute(node, package)
                found += [
                    (source, alias.name, alias.asname or alias.name) for alias in node.names
                ]
    return found


def _matches(text: str) -> Iterator[re.Match[str]]:
    """Give the matches of FROM, looking only at lines that begin with its first word."""
    at = text.find("from")
    while at >= 0:
        start = text.rfind("\n", 0, at) + 1
        match = None if text[start:at].strip(" \t") else FROM.match(text, start)
        if match is not None:
            yield match
        at = text.find("from", at + 4 if match is None else max(match.end(), at + 4))


def absolute(node: ast.ImportFrom, package: str) -> str:
    """Give the full name of the module that a from-import in `package` reads."""
    if not node.level:
        return node.module or ""
    base = package.split(".")
    base = base[: len(base) - node.level + 1]
    return ".".join([*base, node.module] if node.module else base)


def imported_files(
    tracked: TrackedFile, text: str, registry: Registry, *, whole: bool
) -> frozenset[str]:
    """Give the tracked files that a new text takes names from with `from ... import`.

    With `whole`, those too that it imports as modules: it needs them only when it runs.
    """
    found = set()
    for module in tracked.modules[:1]:
        for source, name, _ in _from_imports(text, _package(module), at_start=True):
            for candidate in (source, f"{source}.{name}"):
                file = getattr(sys.modules.get(candidate), "__file__", None)
                other = registry.get(file) if isinstance(file, str) else None
                if other is not None and other is not tracked:
                    found.add(other.file)
    for match in re.finditer(r"^import[ \t]+([^\n#;]+)", text if whole else "", re.MULTILINE):
        for part in match.group(1).split(","):
            file = getattr(sys.modules.get(part.split(" as ")[0].strip()), "__file__", None)
            other = registry.get(file) if isinstance(file, str) else None
            if other is not None and other is not tracked:
                found.add(other.file)
    return frozenset(found)


def in_order(readings: list[Reading], registry: Registry) -> list[Reading]:
    """Give the readings so that a file comes after those that it imports from.

    In a circle of imports, names that are taken out of a module count more than modules.
    """
    if len(readings) < 2:  # noqa: PLR2004
        return readings
    by_file = {item.tracked.file: item for item in readings}
    plans = [item.plan for item in readings]
    for whole in (True, False):
        needed = {
            item.tracked.file: imported_files(
                item.tracked, item.source.text, registry, whole=whole
            )
            for item in readings
        }
        plans = order_files(plans, needed)
    return [by_file[plan.file] for plan in plans]
