"""Moved code: what a plan says about lines, carried to the live code objects."""

from __future__ import annotations

from bisect import bisect_right
from types import CodeType

from livepatch import interp
from livepatch.model import FilePlan, Write, WriteKind
from livepatch.patching.site import Site
from livepatch.patching.transaction import CodePair
from livepatch.runtime import epochs, relocate
from livepatch.source import compiling


def shift_of(plan: FilePlan) -> relocate.Shift:
    """Give by how much code on a line of the old text moved.

    Inside the touched region the innermost definition that starts at or above the line decides;
    below it everything moved alike.
    """
    starts = sorted(dict(plan.lines).items())
    first_lines = [old for old, _ in starts]
    deltas = [new - old for old, new in starts]
    region_start = min((definition.first for definition in plan.old), default=plan.cut)

    def shift(line: int) -> int:
        if line > plan.cut:
            return plan.delta
        if line < region_start:
            return 0
        index = bisect_right(first_lines, line) - 1
        return deltas[index] if index >= 0 else 0

    return shift


def moved_classes(site: Site) -> list[type] | None:
    """Give the classes whose lines may move, as they are before the patch; None if none do."""
    plan = site.plan
    if not plan.delta and all(old == new for old, new in plan.lines):
        return None
    return list(relocate.classes_of(site.module)) if interp.CLASS_FIRST_LINE else []


def relocate_moved(site: Site, known: list[type] | None) -> None:
    """Prepare the new line numbers of all code of the module that moved and did not change.

    `known` are the classes that were there before the patch; None says that no line moved.
    """
    plan = site.plan
    if known is None:
        return
    shift = shift_of(plan)
    transaction = site.transaction
    skip = {id(pair.old) for pair in transaction.pairs} | site.units.made()
    skip |= {id(code) for code in transaction.replaced}
    files = frozenset(site.tracked.names)
    in_place = interp.first_line_offset() is not None
    writes: list[Write] = []
    made: dict[int, CodeType] = {}
    given = {id(w.target) for w in transaction.pending if w.kind is WriteKind.FUNCTION}
    for function, delta in relocate.moves(site.module, files, shift, skip):
        code = epochs.plain_code(function)
        if in_place and not (interp.CLASS_FIRST_LINE and relocate.makes_classes(code)):
            if id(code) not in skip:
                writes.extend(relocate.code_writes(code, delta))
                skip.add(id(code))
            continue
        if id(function) in given:
            continue  # it gets other code anyway
        copy = relocate.moved_copy(code, delta, made)
        state = relocate.relined_state(function, copy)
        writes.append(Write(WriteKind.FUNCTION, function, "", state))
        place = (site.tracked.file, code.co_qualname, copy.co_firstlineno)
        held = site.tracked.is_held_by_root(code)
        transaction.pairs.append(CodePair(code, copy, 1 + held, (function,), place))
        for old, new in compiling.pair_codes(code, copy):
            transaction.pairs.append(CodePair(old, new, 1, (), place))
    writes.extend(relocate.class_writes(known, shift))
    transaction.add(writes)
