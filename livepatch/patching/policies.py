"""How much of a module follows its file: what `__livepatch_policy__` in the module says."""

from __future__ import annotations

from types import ModuleType

from livepatch.model import Action, Edit, Kind

NAME = "__livepatch_policy__"
POLICIES = ("all", "definitions", "functions", "off")


def allows(module: ModuleType, edit: Edit) -> bool:
    """Tell whether the policy of `module` lets `edit` be carried out.

    `all` (without a policy): everything. `definitions`: functions, classes and imports, no other
    statement. `functions`: functions and methods alone. `off`: nothing.
    """
    policy = vars(module).get(NAME, "all")
    if policy == "all" or policy not in POLICIES:
        return True
    definition = edit.new or edit.old
    if definition is None or policy == "off":
        return sets_policy(edit)
    if policy == "definitions":
        wanted = definition.kind in {Kind.FUNCTION, Kind.CLASS, Kind.IMPORT}
        return wanted or edit.action is Action.HEADER or sets_policy(edit)
    return definition.kind is Kind.FUNCTION or sets_policy(edit)


def sets_policy(edit: Edit) -> bool:
    """Tell whether `edit` changes the policy itself, which every policy lets through."""
    return any(
        definition is not None and NAME in definition.binds
        for definition in (edit.old, edit.new)
    )
