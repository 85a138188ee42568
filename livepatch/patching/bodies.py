"""The statements of classes and modules, as the definitions of a plan have them."""

from __future__ import annotations

from livepatch.model import Definition, Kind
from livepatch.patching.site import Site


def bare_name(definition: Definition) -> str:
    """Give the name as the text has it, private names unmangled."""
    name = getattr(definition.node, "name", None)  # none where a lambda is bound to it
    return name if isinstance(name, str) else definition.name


def with_children(definitions: tuple[Definition, ...]) -> list[Definition]:
    """Give `definitions` and those that compound statements among them hold."""
    found = []
    for definition in definitions:
        found.append(definition)
        if definition.kind is not Kind.CLASS:
            found.extend(with_children(definition.children))
    return found


def find(definitions: tuple[Definition, ...], path: tuple[str, ...]) -> Definition | None:
    """Give the last class at `path`."""
    found: Definition | None = None
    for name in path:
        candidates = [
            definition
            for definition in with_children(definitions)
            if definition.kind is Kind.CLASS and bare_name(definition) == name
        ]
        if not candidates:
            return None
        found = candidates[-1]
        definitions = found.children
    return found


def body_of(site: Site, owner: tuple[str, ...]) -> tuple[Definition, ...] | None:
    """Give the statements of the class `owner`, or of the module as far as they are known."""
    definitions = site.plan.new
    if not owner:
        head = site.text.split("\n", definitions[0].first - 1)[:-1] if definitions else []
        blank = all(not line.strip() or line.lstrip().startswith("#") for line in head)
        return definitions if blank else None
    return inside(definitions, owner)


def inside(
    definitions: tuple[Definition, ...], owner: tuple[str, ...]
) -> tuple[Definition, ...] | None:
    """Give the statements of the class `owner` among `definitions`, or these for the module."""
    if not owner:
        return definitions
    found = find(definitions, owner)
    return None if found is None else found.children


def bound_in_class(site: Site, owner: tuple[str, ...]) -> frozenset[str]:
    """Give the names that the body of class `owner` binds in the new text."""
    body = body_of(site, owner) or ()
    return frozenset().union(*(definition.binds for definition in body))
