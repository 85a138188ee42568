"""What modules import from each other by name, as their texts say."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from livepatch.diff.ordering import order_files
from livepatch.patching.reading import Reading
from livepatch.patching.registry import Registry, TrackedFile

FROM = re.compile(
    r"^[ \t]*from[ \t]+[.\w]+[ \t]+import[ \t]+(\([^)]*\)|[^\n#;]*)", re.MULTILINE
)


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
            inside = f"{source}.{name}"  # a submodule asks nothing of the package's own text
            candidate = inside if inside in sys.modules else source
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
