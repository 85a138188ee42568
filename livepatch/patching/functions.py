"""Edits of functions: new code for every live function of a definition, decorators re-applied."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType
from typing import Any

from livepatch import interp
from livepatch.model import (
    MISSING,
    Action,
    Change,
    ChangeKind,
    Edit,
    Kind,
    Note,
    Write,
    WriteKind,
)
from livepatch.patching import handover, inner, leavings, local_classes, takeover, units
from livepatch.patching.registrations import Registrations
from livepatch.patching.site import Scope, Site, tell_name
from livepatch.runtime import epochs, functions, heap, lookup

Way = Callable[[Site, Edit, Any, object, list[FunctionType], CodeType], None]


def update(site: Site, edit: Edit) -> None:
    """Prepare a changed function: its live functions get the new code, defaults, attributes."""
    old, new, unit = edit.old, edit.new, edit.unit
    if old is None or new is None or unit is None:
        return
    code = site.units.code_of(new, unit)
    if code is None:
        return  # in a branch that the compiler drops (`if 0:`)
    scope = site.scope_of(edit.owner)
    value = scope.get(old.name) if scope is not None else MISSING
    targets = find(site, edit, value)
    if not targets and _is_conditional(edit):
        return  # in the branch that was not taken
    if scope is not None and not targets and _was_used_up(edit, value):
        made = site.run(new.node, unit, new, scope).get(new.name, MISSING)
        if made is not MISSING:
            rebind(site, scope, new.name, value, made)
            site.transaction.changes.append(change(site, ChangeKind.UPDATED, edit))
        return
    way = swap_all if scope is None else _way(site, edit, scope, value, targets)
    if targets or way is not swap_all:
        way(site, edit, scope, value, targets, code)
    if edit.action is Action.UPDATE:
        report(site, edit, targets)


def _runs_decorators(site: Site, edit: Edit) -> bool:
    return "decorators" in edit.parts or site.transaction.registrars.run_again(edit)


def _way(
    site: Site, edit: Edit, scope: Scope, value: object, targets: list[FunctionType]
) -> Way:
    """Give what brings the live functions up to date: new code, or decorators as well."""
    if _is_dispatched_otherwise(site, edit, scope):
        return _register_again
    if not _runs_decorators(site, edit) or value is MISSING:
        return swap_all
    if not _is_of_another(site, edit, value, targets):
        return redecorate
    # In a branch, it is held from the time when that was taken.
    return swap_all if _is_conditional(edit) else _register_again


def _is_of_another(site: Site, edit: Edit, value: object, targets: list[FunctionType]) -> bool:
    """Tell whether another definition of the same name made what stands under the name."""
    name = edit.new and edit.new.qualname
    found = lookup.functions_in(value, lambda code: code.co_qualname == name)
    ours = [function for function in found if site.is_function_of_ours(function)]
    return bool(targets and ours) and not any(function in targets for function in ours)


def _was_used_up(edit: Edit, value: object) -> bool:
    """Tell whether a decorator called the function for a value: it is a statement, then.

    A name that holds something callable may have been replaced by the program (a mock).
    """
    decorators = getattr(edit.new and edit.new.node, "decorator_list", ())
    return bool(decorators) and value is not MISSING and not callable(value)


def _is_dispatched_otherwise(site: Site, edit: Edit, scope: Scope) -> bool:
    """Take out what a single-dispatch function has registered for other types; tell if it did."""
    if edit.old is None or edit.parts.isdisjoint({"decorators", "annotations"}):
        return False
    return leavings.unregister(site, scope, edit.old)


def _register_again(  # noqa: PLR0913, PLR0917
    site: Site,
    edit: Edit,
    scope: Scope,
    value: object,
    targets: list[FunctionType],
    code: CodeType,
) -> None:
    """Apply the decorators to the same function again; its name may be another's."""
    new = edit.new
    if new is None:
        return
    for target in targets[:1]:
        registered = Registrations(site, scope, edit.old, new)
        made = _redecorate_same(site, edit, scope, value, target, code)
        registered.settle(target, made, made)
        if value is target and made is not MISSING:
            rebind(site, scope, new.name, value, made)


def report(site: Site, edit: Edit, targets: list[FunctionType]) -> None:
    """Note the change, or why there was nothing to change."""
    new = edit.new
    if new is None:
        return
    if targets or "decorators" in edit.parts:
        site.transaction.changes.append(change(site, ChangeKind.UPDATED, edit))
    elif new.role != "overload" and not _is_conditional(edit):
        message = "no live function was made from this definition; nothing was changed"
        note = Note("no-target", new.qualname, site.tracked.file, new.line, message)
        site.transaction.notes.append(note)


def _is_conditional(edit: Edit) -> bool:
    """Tell whether the definition stands in a branch, which need not have been taken."""
    return edit.unit is not None and edit.unit.kind in {Kind.STATEMENT, Kind.GUARD}


def change(site: Site, kind: ChangeKind, edit: Edit, detail: str = "") -> Change:
    """Give the report's line for `edit`."""
    definition = edit.new or edit.old
    if definition is None:
        message = "an edit has an old or a new definition"
        raise ValueError(message)
    line = definition.line
    return Change(
        kind, definition.qualname, site.tracked.file, line, site.module.__name__,
        detail or describe(edit.parts),
    )  # fmt: skip


def describe(parts: frozenset[str]) -> str:
    """Give the parts of a function that changed, in words."""
    defaults = sum(part.startswith("default ") for part in parts)
    order = (
        "name",
        "kind",
        "decorators",
        "signature",
        "annotations",
        "type_params",
        "body",
        "docstring",
    )
    words = [part.replace("_", " ") for part in order if part in parts]
    if defaults:
        words.append(f"{defaults} default{'s' if defaults > 1 else ''}")
    return ", ".join(words)


def find(site: Site, edit: Edit, value: object) -> list[FunctionType]:
    """Give the live functions of the old definition: by name, else anywhere in the process."""
    if edit.old is None:
        return []
    accept = site.accepts(edit.old)
    found = lookup.functions_in(value, accept) if value is not MISSING else []
    namespace = vars(site.module)
    mine = [function for function in found if function.__globals__ is namespace]
    if mine:
        return mine
    return [f for f in heap.functions_in(namespace) if accept(f.__code__)]


def swap_all(  # noqa: PLR0913, PLR0917
    site: Site,
    edit: Edit,
    scope: Scope | None,
    value: object,
    targets: list[FunctionType],
    code: CodeType,
) -> None:
    """Give `code` to `targets` and to whoever else shares their old code."""
    new = edit.new
    if new is None:
        return
    replacement = replacement_for(site, edit, scope, code)
    owner = scope.owner if scope is not None else None
    by_code: dict[int, list[FunctionType]] = {}
    for target in targets:
        by_code.setdefault(id(epochs.plain_code(target)), []).append(target)
        writes, missing = functions.writes_for(target, replacement, owner=owner)
        writes.extend(functions.wrapper_writes(value, target, writes))
        writes.extend(cache_writes(value, target))
        site.transaction.add(writes)
        if missing:
            names = ", ".join(missing)
            message = f"keeps its old body: it never captured {names}"
            site.transaction.notes.append(
                Note("closure-shape", new.qualname, site.tracked.file, new.line, message)
            )
    for same in by_code.values():
        site.transaction.pairs.extend(inner.pairs(site, edit, tuple(same), code, owner))
    local_classes.follow(site, edit, code)


def cache_writes(value: object, target: FunctionType) -> Iterator[Write]:
    """Give the clearing of each cache that holds answers of the old code."""
    if value is target:
        return
    for wrapper in lookup.reach(value):
        if isinstance(wrapper, FunctionType | type):
            continue
        namespace = getattr(wrapper, "__dict__", None)
        if not isinstance(namespace, dict) or namespace.get("__wrapped__") is not target:
            continue
        clear = getattr(wrapper, "cache_clear", None)
        if callable(clear):
            yield Write(WriteKind.CALL, wrapper, "cache_clear", clear)


def replacement_for(
    site: Site, edit: Edit, scope: Scope | None, code: CodeType
) -> functions.Replacement:
    """Give what the new text says of the function, executing its `def` aside where needed."""
    new = edit.new
    fresh = frozenset(
        part.removeprefix("default ") for part in edit.parts if part.startswith("default ")
    )
    made = None
    if new is not None and _needs_execution(edit, fresh):
        made = make_aside(site, edit, scope, fresh) if scope is not None else None
        if made is None and (fresh or "annotations" in edit.parts):
            message = (
                "its defaults and annotations stay as they were: the class that holds it was not "
                "found under its name, so its new `def` could not be executed there"
            )
            note = Note("defaults-kept", new.qualname, site.tracked.file, new.line, message)
            site.transaction.notes.append(note)
    return functions.Replacement(code, made, fresh, edit.parts)


def _needs_execution(edit: Edit, fresh: frozenset[str]) -> bool:
    if fresh or edit.parts & {"annotations", "signature", "type_params"}:
        return True
    return interp.LAZY_ANNOTATIONS and edit.new is not None and _is_annotated(edit.new.node)


def _is_annotated(node: ast.stmt) -> bool:
    """Tell whether `node` has annotations, which 3.14 keeps as code with lines of its own."""
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs,
                 node.args.vararg, node.args.kwarg]  # fmt: skip
    return node.returns is not None or any(arg and arg.annotation for arg in arguments)


def make_aside(
    site: Site, edit: Edit, scope: Scope, fresh: frozenset[str]
) -> FunctionType | None:
    """Execute the `def` alone, without its decorators; the function is bound to no name."""
    new, unit = edit.new, edit.unit
    if new is None or unit is None:
        return None
    key = f"livepatch capture {new.qualname}"
    node = units.template_node(new.node, capture=key, fresh=fresh, decorators=False)
    site.captures.taken.pop(key, None)
    site.run_capturing(node, unit, new, scope, key)
    return site.captures.taken.pop(key, None)


def redecorate(  # noqa: PLR0913, PLR0917
    site: Site,
    edit: Edit,
    scope: Scope,
    value: object,
    targets: list[FunctionType],
    code: CodeType,
) -> None:
    """Apply the new decorators; the object under the name stays where both are functions."""
    new, unit = edit.new, edit.unit
    if new is None or unit is None:
        return
    target = targets[0] if len(targets) == 1 else None
    registered = Registrations(site, scope, edit.old, new)
    if target is not None and (target is not value or "decorators" not in edit.parts):
        made = _redecorate_same(site, edit, scope, value, target, code)
    else:
        made = site.run(new.node, unit, new, scope).get(new.name, MISSING)
        for old in targets:
            if type(made) is FunctionType:
                _carry_attributes(old, made)
    if made is MISSING:
        return
    kept = handover.chosen(site, value, made)
    if kept is MISSING or kept is made:
        kept = takeover.taken_over(site, scope, new, value, made)
    rebind(site, scope, new.name, value, kept)
    registered.settle(value, made, kept)


def _redecorate_same(  # noqa: PLR0913, PLR0917
    site: Site,
    edit: Edit,
    scope: Scope,
    value: object,
    target: FunctionType,
    code: CodeType,
) -> object:
    """Apply the decorators to the function that the old ones wrapped, brought up to date."""
    new, unit = edit.new, edit.unit
    if new is None or unit is None:
        return MISSING
    swap_all(site, edit, scope, value, [target], code)
    site.transaction.flush()  # decorators look at what they are given
    key = f"livepatch capture {new.qualname}"
    every = frozenset(part.removeprefix("default ") for part in edit.parts)
    node = units.template_node(new.node, capture=key, fresh=every, decorators=True)
    site.captures.instead[key] = target
    try:
        return site.run_capturing(node, unit, new, scope, key).get(new.name, MISSING)
    finally:
        site.captures.instead.pop(key, None)
        site.captures.taken.pop(key, None)


def _carry_attributes(old: FunctionType, made: FunctionType) -> None:
    """Let the new underlying function have what the program put on the old one."""
    for name, attribute in vars(old).items():
        if name not in functions.MARKS:
            vars(made).setdefault(name, attribute)


def rebind(site: Site, scope: Scope, name: str, old: object, final: object) -> None:
    """Bind `name` to `final`, which is already all that it has to be."""
    if final is old:
        scope.staged[name] = final
        return
    tell_name(scope, name, site.bind(scope, name, final, made=False))
