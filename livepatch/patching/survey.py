"""The running code beside the files on disk, without changing anything: what a patch would do."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from livepatch.errors import SourceError
from livepatch.model import Action, Change, ChangeKind, FilePlan, Note, Patch
from livepatch.patching import reading, refusals
from livepatch.patching.functions import describe
from livepatch.patching.registry import Registry
from livepatch.source.text import read_source

KINDS = {
    Action.ADD: ChangeKind.ADDED,
    Action.UPDATE: ChangeKind.UPDATED,
    Action.HEADER: ChangeKind.UPDATED,
    Action.REMOVE: ChangeKind.REMOVED,
    Action.EXECUTE: ChangeKind.EXECUTED,
}


def drift_of(registry: Registry, files: Collection[str] | None = None) -> Patch:
    """Give what differs between the running code and its files, in the form of a patch.

    Nothing is applied, and its number is 0. Files that cannot be read are its errors.
    """
    changes: list[Change] = []
    notes: list[Note] = []
    errors = []
    for tracked in registry:
        if (files is not None and tracked.file not in files) or tracked.file.startswith("<"):
            continue
        try:
            found = reading.make_reading(tracked, read_source(tracked.file))
        except SourceError as error:
            if error.slug != "empty" or tracked.seen.strip():
                errors.append(refusals.refusal(error))
            continue
        module = next((module.__name__ for module in tracked.live_modules()), "")
        changes.extend(changes_of(found.plan, module))
        notes.extend(found.notes)
    return Patch(0, changes=tuple(changes), errors=tuple(errors), notes=tuple(notes))


def changes_of(plan: FilePlan, module: str) -> Iterator[Change]:
    """Give one line for each edit of `plan`, as it would be reported when it is applied."""
    for edit in plan.edits:
        definition = edit.new or edit.old
        if edit.action in KINDS and definition is not None:
            detail = describe(edit.parts) if edit.action is Action.UPDATE else ""
            yield Change(
                KINDS[edit.action], str(definition.qualname), plan.file, definition.line,
                module, detail,
            )  # fmt: skip
