"""What a patch changed, as a unified diff of the files that it embodied before and after."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator

from livepatch.source.regions import Text

Texts = tuple[str, str, str]  # file, text before, text after


def unified(texts: Iterable[Texts]) -> str:
    """Give the diff of `texts`, empty where nothing differs."""
    return "".join(line for file, old, new in texts for line in _lines(file, old, new))


def _lines(file: str, old: str, new: str) -> Iterator[str]:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    for line in difflib.unified_diff(before, after, file, file):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


def shown(text: Text, late: Text) -> str:
    """Give the text to compare; what a late baseline was is not known."""
    return (
        "# (imported before livepatch watched it: the text is not known)\n"
        if text is late
        else text.text
    )
