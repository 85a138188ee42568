"""What a save would do, said before it: texts are compared, nothing of the program is touched."""

from __future__ import annotations

import os

from livepatch.diff.match import make_plan
from livepatch.diff.verdicts import findings
from livepatch.errors import NotTrackedError
from livepatch.model import Finding
from livepatch.patching.registry import Registry
from livepatch.source import regions
from livepatch.source.text import read_source


def compare_texts(file: str, old: str, new: str) -> tuple[Finding, ...]:
    """Give what would happen if `old`, the text that runs, became `new`.

    Raises `SourceError` where `new` is not Python.
    """
    difference = regions.compare(regions.Text(old), new, file)
    everything = regions.future_flags(new, file) != regions.future_flags(old, file)
    plan = make_plan(
        file, difference.old, difference.new,
        cut=difference.cut, delta=difference.delta, everything=everything,
    )  # fmt: skip
    return tuple(findings(plan))


def check(registry: Registry, path: str, draft: str | None = None) -> tuple[Finding, ...]:
    """Give what applying `path` (or the file `draft` in its place) would do to this program.

    Raises `NotTrackedError` where no module was made from `path`, `SourceError` where the text is
    not Python.
    """
    tracked = registry.get(os.fspath(path))
    if tracked is None:
        raise NotTrackedError(path, "no module was made from it, so a save does nothing")
    new = read_source(draft or tracked.file).text
    return compare_texts(tracked.file, tracked.known_text(), new)
