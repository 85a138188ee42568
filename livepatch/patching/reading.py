"""Files to plans: what is on disk now, compared with what the program embodies."""

from __future__ import annotations

import os
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from types import CodeType
from typing import Any

from livepatch.diff.match import make_plan
from livepatch.errors import SourceError
from livepatch.model import Definition, FilePlan, Note
from livepatch.patching.registry import Registry, TrackedFile
from livepatch.source import compiling, regions
from livepatch.source.bindings import seems_to_bind
from livepatch.source.text import SourceText, decode_source, read_bytes, read_source


@dataclass(frozen=True, slots=True)
class Reading:
    """One changed file: its new text, the plan that leads there, and how to compile it."""

    tracked: TrackedFile
    source: SourceText
    text: regions.Text
    plan: FilePlan
    flags: int
    whole: CodeType | None = None
    notes: tuple[Note, ...] = ()


def changed_sources(
    registry: Registry, files: Collection[str] | None
) -> tuple[list[tuple[TrackedFile, SourceText]], list[SourceError]]:
    """Give the tracked files whose bytes are not those last seen, and what cannot be read.

    Without `files` every tracked file is looked at; one whose stat did not change is not read.
    """
    found: list[tuple[TrackedFile, SourceText]] = []
    errors: list[SourceError] = []
    for tracked in _chosen(registry, files):
        stamp = stamp_of(tracked.file)
        looked_at = stamp is not None and stamp == tracked.stamp and not is_racy(stamp)
        if files is None and not tracked.held and looked_at:
            continue
        if stamp is None or not tracked.live_modules():
            continue  # deleted: its module goes on, and it is picked up when it comes back
        try:
            source = _read_if_changed(tracked, stamp)
        except SourceError as error:
            if error.slug != "file-gone":
                errors.append(error)
            continue
        tracked.stamp = stamp
        if source is not None and not (tracked.is_late and settle(tracked, source)):
            found.append((tracked, source))
    return found, errors


def _chosen(registry: Registry, files: Collection[str] | None) -> list[TrackedFile]:
    chosen = list(registry) if files is None else [registry.get(file) for file in files]
    return [
        tracked
        for tracked in chosen
        if tracked is not None and not registry.is_reserved(tracked.file)
    ]


def stamp_of(file: str) -> tuple[int, ...] | None:
    """Give what stat says of `file`, None where it is gone."""
    try:
        stat = os.stat(file)  # noqa: PTH116  pathlib would double the cost
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino


RACY_NS = 50_000_000


def is_racy(stamp: tuple[int, ...]) -> bool:
    """Tell whether the file may change again without its stamp showing it.

    A stamp is only proof once the clock of the file system has moved on from it.
    """
    import time  # noqa: PLC0415

    return abs(time.time_ns() - max(stamp[0], stamp[1])) < RACY_NS


def _read_if_changed(tracked: TrackedFile, stamp: tuple[int, ...]) -> SourceText | None:
    try:
        data = read_bytes(tracked.file)
    except OSError:
        return read_source(tracked.file)  # says why
    if data == tracked.seen and not tracked.held and not _is_saved_again(tracked, stamp):
        return None
    return decode_source(tracked.file, data)


def _is_saved_again(tracked: TrackedFile, stamp: tuple[int, ...]) -> bool:
    """Tell whether a file whose text was undone has been written once more, as it was."""
    return tracked.undone is not None and (stamp[0], stamp[3]) != (
        tracked.undone[0],
        tracked.undone[3],
    )


def make_reading(tracked: TrackedFile, source: SourceText) -> Reading:
    """Give the plan for a new text; raise `SourceError` where it does not compile."""
    if tracked.is_late:
        return make_late_reading(tracked, source)
    base = tracked.text
    difference = regions.compare(base, source.text, tracked.code_name, tracked.first_lines)
    if not difference.whole and binds_elsewhere(difference, source.text):
        difference = regions.compare_whole(base, source.text, tracked.code_name)
    before = tracked.flags(base.text)
    if not difference.whole:  # a region never holds an import from __future__
        tracked.keep_flags(source.text, before)
    flags = tracked.flags(source.text)
    everything = flags != before
    plan = make_plan(
        tracked.file, difference.old, difference.new,
        cut=difference.cut, delta=difference.delta, everything=everything,
    )  # fmt: skip
    whole = compiled_by_loader(tracked, source)
    return Reading(tracked, source, difference.text, plan, flags, whole)


def binds_elsewhere(difference: regions.Difference, text: str) -> bool:
    """Tell whether a name that the region binds otherwise now is bound outside it as well.

    Which of several statements holds, only the whole file tells. `text` is the new one; what
    lies outside the region is the same in both.
    """
    names = _bound_otherwise(difference.old, difference.new)
    if not names:
        return False
    lines = text.split("\n")
    both = (*difference.old, *difference.new)
    first = min(definition.first for definition in both)
    end = difference.cut + difference.delta
    outside = ("\n".join(lines[: first - 1]), "\n".join(lines[end:]))
    return any(seems_to_bind(part, name) for name in names for part in outside)


def _bound_otherwise(old: Sequence[Definition], new: Sequence[Definition]) -> frozenset[str]:
    """Give the names of functions and classes that came or went, and of changed statements.

    Decorated ones as well, which bind what their decorators make of them; and the names of
    statements that changed places.
    """
    found: list[frozenset[str]] = []
    for these, others in ((old, new), (new, old)):
        texts = [definition.text for definition in others]
        named = {definition.name for definition in others} - {""}
        for definition in these:
            if definition.text in texts:
                texts.remove(definition.text)  # each stands for one of its text
            elif definition.name not in named or getattr(definition.node, "decorator_list", []):
                found.append(definition.binds)
    before, after = _texts_by_name(old), _texts_by_name(new)
    moved = frozenset(
        name for name, texts in before.items() if len(texts) > 1 and texts != after.get(name)
    )
    return moved.union(*found) - {"*"}


def _texts_by_name(definitions: Sequence[Definition]) -> dict[str, list[str]]:
    """Give the texts of the statements that bind each name, in their order."""
    found: dict[str, list[str]] = {}
    for definition in definitions:
        for name in definition.binds:
            found.setdefault(name, []).append(definition.text)
    return found


def make_late_reading(tracked: TrackedFile, source: SourceText) -> Reading:
    """Give the plan from what the module runs to a text, where no baseline is known."""
    from livepatch.patching import drift  # noqa: PLC0415  seldom needed

    flags = tracked.flags(source.text)
    whole = compiled_by_loader(tracked, source)
    root = whole or compiling.compile_text(source.text, tracked.code_name)
    plan, notes = drift.make_late_plan(tracked, source, root)
    return Reading(tracked, source, regions.Text(source.text), plan, flags, whole, notes)


def settle(tracked: TrackedFile, source: SourceText) -> bool:
    """Take `source` as the baseline of a late file if it is what the module runs; say if so."""
    try:
        found = make_late_reading(tracked, source)
    except SourceError:
        return False
    if found.plan.edits or found.notes or any(old != new for old, new in found.plan.lines):
        return False
    tracked.text = found.text
    tracked.seen = source.data
    return True


def compiled_by_loader(tracked: TrackedFile, source: SourceText) -> CodeType | None:
    """Give the code of the whole file where its loader compiles in a way of its own."""
    loader: Any = tracked.loader
    kind = type(loader)
    if kind.__name__ == "AssertionRewritingHook":
        from pathlib import Path  # noqa: PLC0415

        from _pytest.assertion.rewrite import _rewrite_test  # noqa: PLC0415

        return _rewrite_test(Path(tracked.file), loader.config)[1]
    own = getattr(kind, "source_to_code", None)
    # Who inherits from there has imported it; to import it for the question takes 10 ms.
    abstract = getattr(sys.modules.get("importlib.abc"), "InspectLoader", SourceFileLoader)
    if own is None or own in {SourceFileLoader.source_to_code, abstract.source_to_code}:
        return None
    try:
        return loader.source_to_code(source.data, tracked.code_name)  # type: ignore[no-any-return]
    except SyntaxError as error:
        raise SourceError(str(error.msg), file=tracked.file, line=error.lineno or 1) from error
