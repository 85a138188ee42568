"""A patch as a file: what it changes, and what the code has to be for it to fit.

The file names modules, not paths, and holds the text of each before and after. Every top-level
definition that differs is compared with the one that the loading process embodies; what the
patch does not touch may be different there.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from livepatch.errors import UsageError
from livepatch.model import Patch, PatchKind, Refusal
from livepatch.patching.patcher import Patcher
from livepatch.patching.registry import TrackedFile
from livepatch.source.regions import outline_of

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines of top-level definitions that must be there as they were, and what takes their place."""

    name: str
    sha256: str
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class ModulePatch:
    """What a patch does to one module."""

    module: str
    file: str
    sha256: str
    pieces: tuple[Piece, ...]


def save(patcher: Patcher, patch: Patch, file: str | os.PathLike[str]) -> None:
    """Write `patch` to `file`; raise `UsageError` where its texts are not known any more."""
    texts = patcher.texts_of(patch.number)
    if not patch.number or not texts:
        message = f"save: {patch!r} changed no text, or is too old to be undone"
        raise UsageError(message)
    modules = []
    for tracked, before, after in texts:
        pieces = tuple(pieces_of(before, after))
        modules.append(ModulePatch(module_name(tracked), tracked.file, digest(before), pieces))
    content = {
        "livepatch": FORMAT,
        "number": patch.number,
        "modules": [asdict(m) for m in modules],
    }
    with open(file, "w", encoding="utf-8") as stream:  # noqa: PTH123
        json.dump(content, stream, indent=1)
        stream.write("\n")


def load(patcher: Patcher, file: str | os.PathLike[str]) -> Patch:
    """Apply the patch in `file`, whole or not at all."""
    modules = read(file)
    sources: dict[str, bytes] = {}
    errors: list[Refusal] = []
    for module in modules:
        tracked = tracked_file(patcher, module)
        if tracked is None:
            errors.append(
                _refusal(module.file, 0, f"module {module.module} is not tracked here")
            )
            continue
        text, misfit = fitted(tracked.known_text(), module.pieces)
        if misfit is not None:
            message = f"{misfit.name} is not what the patch was made for"
            errors.append(_refusal(tracked.file, 1, message, misfit.name))
        else:
            sources[tracked.file] = text.encode()
    if errors:
        return Patch(0, PatchKind.STRING, errors=tuple(errors), files=tuple(sources))
    return patcher.apply_sources(sources)


def read(file: str | os.PathLike[str]) -> list[ModulePatch]:
    """Give what a patch file says; raise `UsageError` where it is none."""
    try:
        with open(file, encoding="utf-8") as stream:  # noqa: PTH123
            content: Any = json.load(stream)
        if content["livepatch"] != FORMAT:
            message = f"load: {os.fspath(file)!r} was written by another version of livepatch"
            raise UsageError(message)
        return [
            ModulePatch(
                item["module"], item["file"], item["sha256"],
                tuple(Piece(**piece) for piece in item["pieces"]),
            )
            for item in content["modules"]
        ]  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        message = f"load: {os.fspath(file)!r} is no patch file ({error})"
        raise UsageError(message) from error


def tracked_file(patcher: Patcher, module: ModulePatch) -> TrackedFile | None:
    """Give the tracked file of the module that a patch is for."""
    found = patcher.registry.of_module(module.module)
    if found is not None and module.module == "__main__":
        same = os.path.basename(found.file) == os.path.basename(module.file)  # noqa: PTH119
        return found if same else None
    return found


def module_name(tracked: TrackedFile) -> str:
    """Give the name under which other processes know the module of a file."""
    return next((module.__name__ for module in tracked.live_modules()), "")


def digest(text: str) -> str:
    """Give the SHA-256 of `text`."""
    return hashlib.sha256(text.encode()).hexdigest()


def _refusal(file: str, line: int, message: str, name: str = "") -> Refusal:
    return Refusal("bundle", file, line, message, name)


def pieces_of(before: str, after: str) -> Iterator[Piece]:
    """Give the top-level statements of `before` that differ, each with what takes its place.

    Statements that follow each other directly and all differ are one piece; one that only adds
    starts with the definition above it.
    """
    old, new = units_of(before), units_of(after)
    spans: list[list[int]] = []
    matcher = difflib.SequenceMatcher(
        None, [t for _, t in old], [t for _, t in new], autojunk=False
    )
    for tag, i1, i2, j1, j2 in matcher.get_opcodes():
        if tag == "equal":
            continue
        # A piece needs a definition in it, by which its place is found again.
        while i1 and not any(name for name, _ in old[i1:i2]):
            i1, j1 = i1 - 1, j1 - 1  # noqa: PLW2901
        if spans and i1 <= spans[-1][1]:
            spans[-1][1], spans[-1][3] = i2, j2
        else:
            spans.append([i1, i2, j1, j2])
    for i1, i2, j1, j2 in spans:
        text = "".join(text for _, text in old[i1:i2])
        name = next((name for name, _ in old[i1:i2] if name), "the module")
        yield Piece(name, digest(text), text, "".join(text for _, text in new[j1:j2]))


def units_of(text: str) -> list[tuple[str, str]]:
    """Give the top-level statements of `text` with their names, and what stands between them."""
    lines = text.splitlines(keepends=True)
    units: list[tuple[str, str]] = []
    position = 0
    for definition in outline_of(text, "<patch>"):
        start, end = max(definition.first - 1, position), definition.end
        if start > position:
            units.append(("", "".join(lines[position:start])))
        if end > start:
            units.append(
                (str(definition.qualname) or definition.name, "".join(lines[start:end]))
            )
            position = end
    if position < len(lines):
        units.append(("", "".join(lines[position:])))
    return units


def fitted(text: str, pieces: tuple[Piece, ...]) -> tuple[str, Piece | None]:
    """Give `text` with each piece replaced, or the first piece that is not there as expected."""
    units = [unit for _, unit in units_of(text)]
    for piece in pieces:
        expected = [unit for _, unit in units_of(piece.old)]
        place = _find(units, expected)
        if place < 0 or digest(piece.old) != piece.sha256:
            return text, piece
        units[place : place + len(expected)] = [unit for _, unit in units_of(piece.new)]
    return "".join(units), None


def _find(units: list[str], expected: list[str]) -> int:
    """Give where `expected` stands in `units`, -1 unless it stands in just one place."""
    count = len(expected)
    if not count:
        return 0 if not units else -1
    found = [at for at in range(len(units) - count + 1) if units[at : at + count] == expected]
    return found[0] if len(found) == 1 else -1
