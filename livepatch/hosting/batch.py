"""Many texts, one patch; and where one of them is bad, one patch of all that is good."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from livepatch.model import Patch, PatchKind, Refusal
from livepatch.patching.patcher import Patcher


@dataclass(slots=True)
class Outcome:
    """What became of a batch: `patch` is the committed one, or the last that was refused."""

    patch: Patch
    taken: frozenset[str] = frozenset()
    refused: dict[str, tuple[Refusal, ...]] = field(default_factory=dict)


def apply_apart(
    patcher: Patcher,
    sources: Mapping[str, bytes],
    *,
    unit_of: Callable[[str], str],
    shared: Callable[[str], bool] = lambda _: False,
) -> Outcome:
    """Apply `sources` as one transaction; a unit that is refused stays behind with its files.

    Where a `shared` file is refused, nothing is applied: the others may need its new text.
    """
    left = dict(sources)
    outcome = Outcome(Patch(0))
    while left:
        outcome.patch = patch = patcher.apply_sources(left, kind=PatchKind.FILES)
        if patch.ok:
            outcome.taken = frozenset(left)
            break
        guilty = {error.file for error in patch.errors} & left.keys()
        for file in guilty or left:
            own = tuple(error for error in patch.errors if error.file == file)
            outcome.refused[file] = own or patch.errors
        if not guilty or any(map(shared, guilty)):
            break
        units = {unit_of(file) for file in guilty}
        left = {file: data for file, data in left.items() if unit_of(file) not in units}
    return outcome
