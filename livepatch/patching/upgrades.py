"""State that follows its class: upgrade hooks, and attributes that `__init__` newly assigns.

All of it happens inside the transaction that changes the class: what was done to an instance
is taken back with the rest, by a rollback and by an undo.
"""

from __future__ import annotations

import ast
import sys
import weakref
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from livepatch.errors import UsageError
from livepatch.model import MISSING, Action, Edit, Note, Write, WriteKind
from livepatch.patching.site import Site
from livepatch.runtime import classes
from livepatch.source import scopes

F = TypeVar("F", bound=Callable[..., object])
Hook = Callable[[Any], object]

# Keyed by class, so that a class that goes takes its hooks along. A hook is known by its module
# and name: executing its `def` again replaces it.
_hooks: weakref.WeakKeyDictionary[type, dict[tuple[str, str], Hook]] = (
    weakref.WeakKeyDictionary()
)


def upgrade(cls: Any) -> Callable[[F], F]:
    """Have the decorated function called with every live instance of `cls` when it changes.

    It runs once for each instance (those of subclasses too) inside the transaction that changes
    `cls`, after the new code is in place, like Erlang's `code_change` and CLOS's
    `update-instance-for-redefined-class`. If it raises, the whole patch is rolled back, with
    the attributes of all instances. The function is returned unchanged. Raises `UsageError`
    where `cls` is not a class.
    """
    if not isinstance(cls, type):
        message = f"upgrade: {cls!r} is not a class; write @livepatch.upgrade(TheClass)"
        raise UsageError(message)

    def register(function: F) -> F:
        key = (function.__module__, function.__qualname__)
        _hooks.setdefault(cls, {})[key] = function
        return function

    return register


def carry_over(sites: Sequence[Site]) -> None:
    """Bring live instances up to date with the classes that this transaction changes."""
    for site in sites:
        for path in sorted({path for edit in site.plan.edits for path in _changed_class(edit)}):
            scope = site.scope_of(path)
            if scope is None or scope.owner is None or path in site.split:
                continue  # instances of a class that was split keep the old class as it was
            _give_new_attributes(site, path, scope.owner)
            _run_hooks(site, path, scope.owner)


def _changed_class(edit: Edit) -> Iterator[tuple[str, ...]]:
    if edit.action is Action.RELINE:
        return
    if edit.owner:
        yield edit.owner
    if edit.action in {Action.HEADER, Action.RENAME} and edit.new is not None:
        yield (*edit.owner, edit.new.name)


def _instances(site: Site, path: tuple[str, ...], cls: type) -> list[object]:
    """Give the instances of `cls`, and of the class that it stands in for from this patch on."""
    both = [cls] if path not in site.former else [cls, site.former[path]]
    found = {id(each): each for kind in both for each in classes.subclasses_of(kind)}
    return classes.instances_of(*found.values())


def _run_hooks(site: Site, path: tuple[str, ...], cls: type) -> None:
    hooks = [
        hook
        for each, table in list(_hooks.items())
        if each is cls
        or (each.__qualname__ == cls.__qualname__ and each.__module__ == cls.__module__)
        for hook in table.values()
    ]
    if not hooks:
        return
    transaction = site.transaction
    transaction.flush()  # the hooks are bound, if they are new, and see the new class
    hooks = [hook for hook in hooks if _is_bound(hook)]
    for instance in _instances(site, path, cls):
        before = state_of(instance)
        try:
            for hook in hooks:
                hook(instance)
        finally:
            transaction.done(restoring(instance, before))


def _is_bound(hook: Hook) -> bool:
    """Tell whether the program still holds the hook: not where its definition was taken back."""
    found: Any = sys.modules.get(hook.__module__)
    for name in hook.__qualname__.split("."):
        if name == "<locals>":
            return True
        found = getattr(found, name, None)
    return found is hook or (found is None and hook.__module__ not in sys.modules)


def state_of(instance: object) -> dict[str, object]:
    """Give the attributes of `instance`, with copies of the lists, dicts and sets in them."""
    found: dict[str, object] = {}
    for name in _attribute_names(instance):
        try:
            value = object.__getattribute__(instance, name)
        except AttributeError:
            continue
        found[name] = (value, type(value)(value)) if type(value) in {list, dict, set} else value
    return found


def _attribute_names(instance: object) -> set[str]:
    names: set[str] = set()
    with suppress(AttributeError):
        names.update(object.__getattribute__(instance, "__dict__"))
    for cls in type(instance).__mro__:
        names.update(
            name
            for name, value in classes.namespace_of(cls).items()
            if classes.is_slot(value) and not name.startswith("__")
        )
    return names


def restoring(instance: object, before: dict[str, object]) -> list[Write]:
    """Give the writes that put back what changed on `instance` since `before` was taken."""
    writes: list[Write] = []
    for name in _attribute_names(instance) | before.keys():
        old: Any = before.get(name, MISSING)
        try:
            now: Any = object.__getattribute__(instance, name)
        except AttributeError:
            now = MISSING
        if isinstance(old, tuple) and len(old) == 2 and type(old[0]) in {list, dict, set}:  # noqa: PLR2004
            value, contents = old
            if value != contents:
                writes.append(Write(WriteKind.CALL, value, name, _refill(value, contents)))
            old = value
        if old is not now:
            writes.append(Write(WriteKind.INSTANCE_ATTRIBUTE, instance, name, old))
    return writes


def _refill(value: Any, contents: Any) -> Callable[[], None]:
    def refill() -> None:
        value.clear()
        if isinstance(value, list):
            value.extend(contents)
        else:
            value.update(contents)

    return refill


def _give_new_attributes(site: Site, path: tuple[str, ...], cls: type) -> None:
    """Give live instances what `__init__` newly assigns from an expression without arguments."""
    edit = next(
        (
            edit
            for edit in site.plan.edits
            if edit.owner == path and edit.new is not None and edit.new.name == "__init__"
            and edit.action is Action.UPDATE
        ),
        None,
    )  # fmt: skip
    if edit is None or edit.old is None or edit.new is None:
        return
    known = {name for name, _ in _assigned(edit.old.node)}
    fresh = {name: value for name, value in _assigned(edit.new.node) if name not in known}
    if not fresh:
        return
    simple = {name: value for name, value in fresh.items() if _is_simple(value, edit.new.node)}
    instances = _instances(site, path, cls)
    given = [name for name in simple if _give(site, instances, name, simple[name])]
    if given and instances:
        _mention(site, edit, f"{len(instances)} live instances were given {', '.join(given)}")
    left = sorted(fresh.keys() - simple.keys())
    if left and instances:
        message = (
            f"{len(instances)} live instances have no {', '.join(left)}, which __init__ now assigns "
            "from its arguments; write an @livepatch.upgrade hook"
        )
        note = Note(
            "old-instances", edit.new.qualname, site.tracked.file, edit.new.line, message
        )
        site.transaction.notes.append(note)


def _assigned(node: ast.AST) -> list[tuple[str, ast.expr]]:
    """Give what `self.NAME = value` statements directly in the body of a method assign."""
    found = []
    if not isinstance(node, ast.FunctionDef) or not node.args.args:
        return []
    first = node.args.args[0].arg
    for statement in node.body:
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id=owner), attr=name)], value=value
            ):
                if owner == first:
                    found.append((name, value))
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id=owner), attr=name),
                value=ast.expr() as value,
            ):
                if owner == first:
                    found.append((name, value))
    return found


def _is_simple(value: ast.expr, function: ast.AST) -> bool:
    """Tell whether `value` needs nothing of the call: no parameter, no local variable."""
    if any(
        isinstance(inner, ast.Await | ast.Yield | ast.YieldFrom) for inner in ast.walk(value)
    ):
        return False
    local = {inner.arg for inner in ast.walk(function) if isinstance(inner, ast.arg)}
    local |= {
        inner.id
        for inner in ast.walk(function)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store)
    }
    return not scopes.read_names([value]) & local


def _give(site: Site, instances: list[object], name: str, value: ast.expr) -> bool:
    owner = ast.Expression(body=value)
    code = compile(ast.fix_missing_locations(owner), site.tracked.file, "eval")
    for instance in instances:
        if not hasattr(instance, name) and _can_hold(instance, name):
            made = eval(code, vars(site.module))  # noqa: S307  the program's own expression
            site.transaction.add([Write(WriteKind.INSTANCE_ATTRIBUTE, instance, name, made)])
    return True


def _can_hold(instance: object, name: str) -> bool:
    return hasattr(instance, "__dict__") or name in _attribute_names(instance)


def _mention(site: Site, edit: Edit, text: str) -> None:
    changes = site.transaction.changes
    for index, change in enumerate(changes):
        if edit.new is not None and change.qualname == edit.new.qualname:
            changes[index] = replace(change, detail=f"{change.detail}; {text}")
