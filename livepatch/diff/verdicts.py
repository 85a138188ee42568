"""What each edit of a plan would do to a running program: safe, loses something, or restart."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from livepatch.diff import parts
from livepatch.model import Action, Definition, Edit, FilePlan, Finding, Kind, Verdict

MUTABLE = (ast.Dict, ast.List, ast.Set, ast.ListComp, ast.DictComp, ast.SetComp, ast.Call)


def findings(plan: FilePlan) -> list[Finding]:
    """Give one finding per edit, in the order of the text."""
    found = [finding for edit in plan.edits for finding in _judge(edit, plan)]
    found.sort(key=lambda finding: finding.line)
    return found


def _judge(edit: Edit, plan: FilePlan) -> Iterator[Finding]:
    definition = edit.new or edit.old
    if definition is None or edit.action is Action.RELINE:
        return
    verdict, message, slug = _verdict(edit, definition)
    yield Finding(verdict, slug, str(definition.qualname), plan.file, definition.line, message)


def _verdict(edit: Edit, definition: Definition) -> tuple[Verdict, str, str]:  # noqa: PLR0911
    match edit.action:
        case Action.ADD:
            return Verdict.SAFE, f"a new {definition.kind.value} is executed in place", "added"
        case Action.UPDATE:
            return _update(edit)
        case Action.RENAME:
            return Verdict.SAFE, "the same object gets the new name", "renamed"
        case Action.REMOVE:
            return _removal(definition)
        case Action.HEADER:
            return _header(edit)
        case Action.EXECUTE if definition.kind is Kind.GUARD:
            message = (
                "code under the main guard has already run; it needs a restart to run again"
            )
            return Verdict.RESTART, message, "not-rerun"
        case _:
            return _statement(edit)


def _update(edit: Edit) -> tuple[Verdict, str, str]:
    fresh = sorted(p.removeprefix("default ") for p in edit.parts if p.startswith("default "))
    if fresh:
        message = f"the default of {', '.join(fresh)} is evaluated anew; what it held is lost"
        return Verdict.LOSES, message, "default"
    if "decorators" in edit.parts:
        message = "the decorators run again on the same function; what they register, they add"
        return Verdict.LOSES, message, "decorators"
    return Verdict.SAFE, "live functions get the new code on their next call", "updated"


def _removal(definition: Definition) -> tuple[Verdict, str, str]:
    if parts.is_definition(definition) or definition.binds:
        names = definition.name or ", ".join(sorted(definition.binds))
        return Verdict.LOSES, f"the name {names} goes; who holds the object keeps it", "removed"
    if parts.does_nothing(definition.node):
        return Verdict.SAFE, "the statement did nothing", "removed"
    return Verdict.RESTART, "what the statement did when it ran stays", "side-effects"


def _header(edit: Edit) -> tuple[Verdict, str, str]:
    old, new = edit.old, edit.new
    if old is not None and new is not None and "bases" in edit.parts and _had_no_base(old.node):
        message = (
            "CPython cannot give a class without bases a base in place: the name is bound to a new "
            "class, and instances follow if they can"
        )
        return Verdict.LOSES, message, "layout"
    if edit.parts == {"order"}:
        message = "attributes changed places: a dataclass, enumeration or the like is made anew"
        return Verdict.SAFE, message, "header"
    return (
        Verdict.LOSES,
        "the class statement runs again, with its hooks; the class stays",
        "header",
    )


def _had_no_base(node: ast.stmt) -> bool:
    return isinstance(node, ast.ClassDef) and not node.bases


def _statement(edit: Edit) -> tuple[Verdict, str, str]:
    new = edit.new
    node = new.node if new is not None else None
    if new is not None and edit.owner and "__slots__" in new.binds:
        message = "instances cannot change their slots: they keep the old class"
        return Verdict.RESTART, message, "layout"
    if isinstance(node, ast.Import | ast.ImportFrom):
        return Verdict.SAFE, "the import is executed", "import"
    value = getattr(node, "value", None)
    if edit.old is not None and new and parts.binds_same_value(edit.old.node, new.node):
        return Verdict.SAFE, "only the annotation is evaluated", "updated"
    if edit.old is not None and isinstance(value, MUTABLE):
        names = ", ".join(sorted(new.binds)) if new is not None else ""
        return (
            Verdict.LOSES,
            f"{names or 'it'} is computed anew; what it held is lost",
            "executed",
        )
    return Verdict.SAFE, "the statement is executed once", "executed"


def worst(found: Sequence[Finding]) -> Verdict:
    """Give the gravest verdict among `found`, SAFE for none."""
    order = list(Verdict)
    return max((finding.verdict for finding in found), key=order.index, default=Verdict.SAFE)
