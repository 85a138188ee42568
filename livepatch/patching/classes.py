"""Edits of class headers, and of bodies that only the class statement as a whole can carry out."""

from __future__ import annotations

from livepatch.model import Edit
from livepatch.patching.site import Site


def classes_to_rebuild(site: Site) -> frozenset[tuple[str, ...]]:
    return frozenset()


def is_covered(edit: Edit, rebuilt: frozenset[tuple[str, ...]]) -> bool:
    return False


def rebuild(site: Site, edit: Edit) -> None:
    raise NotImplementedError
