"""The order in which the changed files of a batch are taken."""

from __future__ import annotations

from collections.abc import Sequence

from livepatch.model import FilePlan


def order_files(
    plans: Sequence[FilePlan], imports: dict[str, frozenset[str]]
) -> list[FilePlan]:
    """Give `plans` so that a file comes after the changed files that it imports.

    `imports` maps a file to the files that it imports; a cycle is cut at the first file.
    """
    by_file = {plan.file: plan for plan in plans}
    ordered: list[FilePlan] = []
    seen: set[str] = set()

    def visit(file: str) -> None:
        if file in seen or file not in by_file:
            return
        seen.add(file)
        for needed in sorted(imports.get(file, frozenset())):
            visit(needed)
        ordered.append(by_file[file])

    for plan in plans:
        visit(plan.file)
    return ordered
