"""A plan and a module to the writes of a transaction: one step per edit, in source order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType

from livepatch.model import MISSING, Action, Edit, Kind, Note
from livepatch.patching import (
    annotating,
    classes,
    functions,
    lines,
    moves,
    policies,
    renames,
    statements,
    summing,
)
from livepatch.patching.registering import Step as RegistrarStep
from livepatch.patching.registering import concerns, line_mover
from livepatch.patching.site import Site

Step = Callable[[Site, Edit], None]

STEPS: dict[Action, Step] = {
    Action.ADD: moves.add,
    Action.UPDATE: functions.update,
    Action.RELINE: functions.update,
    Action.RENAME: renames.rename,
    Action.EXECUTE: statements.execute,
    Action.REMOVE: statements.remove,
}


class StepError(Exception):
    """The program's own code raised while a step was prepared; the cause is chained."""

    def __init__(self, edit: Edit, site: Site) -> None:
        """Hold the edit whose statement raised."""
        definition = edit.new or edit.old
        super().__init__(definition.qualname if definition is not None else "")
        self.edit = edit
        self.file = site.tracked.file


def prepare_all(
    sites: Sequence[Site], filters: Sequence[Callable[[ModuleType, Edit], bool]] = ()
) -> None:
    """Prepare all sites of one transaction, what they have registered with libraries included."""
    if not sites:
        return
    transaction = sites[0].transaction
    try:
        moves.expect(sites)
        transaction.registrars.open(transaction, lambda: _steps(sites, filters))
        for site in sites:
            transaction.catch_up()
            prepare(site, filters)
        transaction.registrars.finish()
    finally:
        transaction.registrars.close()


def _steps(
    sites: Sequence[Site], filters: Sequence[Callable[[ModuleType, Edit], bool]]
) -> list[RegistrarStep]:
    """Give the edits that registrars look at, with the live objects of the old definitions."""
    steps = []
    for site in sites:
        line_of = line_mover(site.plan.cut, site.plan.delta, dict(site.plan.lines))
        for edit in site.plan.edits:
            if not concerns(edit) or not all(wanted(site.module, edit) for wanted in filters):
                continue
            scope = site.scope_of(edit.owner)
            value = scope.get(edit.old.name) if scope is not None and edit.old else MISSING
            is_function = edit.old is not None and edit.old.kind is Kind.FUNCTION
            found = functions.find(site, edit, value) if is_function else []
            steps.append(
                RegistrarStep(
                    site.module, edit, tuple(found), value, site.scope.get,
                    frozenset(site.tracked.names), line_of,
                )
            )  # fmt: skip
    return steps


def prepare(site: Site, filters: Sequence[Callable[[ModuleType, Edit], bool]] = ()) -> None:
    """Add to the transaction all that makes the module be as its new text says.

    Edits that one of `filters` does not want are left out.
    """
    known = lines.moved_classes(site)
    rebuilt = classes.classes_to_rebuild(site)
    waiting = sorted(rebuilt)
    left_out = 0
    for edit in site.plan.edits:
        if not policies.allows(site.module, edit):
            left_out += 1
            continue
        if not all(wanted(site.module, edit) for wanted in filters):
            continue
        try:
            for path in waiting:
                if path in {edit.owner, _path(edit)}:
                    waiting.remove(path)
                    classes.rebuild(site, path)
                    break
            if edit.owner[:1] and any(edit.owner[: len(path)] == path for path in site.split):
                continue
            if edit.action in STEPS and not classes.is_covered(edit, rebuilt):
                STEPS[edit.action](site, edit)
        except (Exception, SystemExit) as error:
            raise StepError(edit, site) from error
    statements.delete_again(site)
    if left_out:
        message = f"{left_out} edits were left out, as {policies.NAME} of the module says"
        note = Note("policy", site.module.__name__, site.tracked.file, 1, message)
        site.transaction.notes.append(note)
    summing.after_body_edits(site)
    annotating.after_edits(site)
    lines.relocate_moved(site, known)


def _path(edit: Edit) -> tuple[str, ...]:
    return (*edit.owner, edit.new.name) if edit.new is not None else ()
