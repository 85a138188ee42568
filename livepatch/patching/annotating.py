"""`__annotations__` of modules and classes: what annotated statements that came and went leave.

Up to 3.13, and under `from __future__ import annotations`, they are a dictionary that each
statement adds to; from 3.14 on they are a function, made of all the statements of the scope.
"""

from __future__ import annotations
import __future__

import ast
from collections.abc import Iterator
from functools import partial
from typing import Any

from livepatch import interp
from livepatch.model import MISSING, Definition, Kind, Write, WriteKind
from livepatch.patching import bodies
from livepatch.patching.site import ANNOTATIONS, LAZY_ANNOTATIONS, Scope, Site
from livepatch.runtime import build
from livepatch.source import compiling, scopes

Path = tuple[str, ...]
TEXT_ANNOTATIONS = __future__.annotations.compiler_flag


def after_edits(site: Site) -> None:
    """Prepare the annotations of every scope in which an edit touched one.

    Of all scopes, where they are texts now and were values before, or the other way round.
    """
    lazy = interp.LAZY_ANNOTATIONS and not site.units.flags & TEXT_ANNOTATIONS
    before = site.tracked.flags(site.tracked.known_text())
    is_other_form = bool((site.units.flags ^ before) & TEXT_ANNOTATIONS)
    edited = [edit.owner for edit in site.plan.edits]
    for path in dict.fromkeys([*edited, *_paths(site.plan.new)] if is_other_form else edited):
        scope = site.scope_of(path)
        old = _names(bodies.inside(site.plan.old, path) or (), path)
        new = _names(bodies.inside(site.plan.new, path) or (), path)
        if scope is None or not old | new:
            continue
        if not lazy:
            if is_other_form:
                _evaluate_again(site, scope, path)
            _merge(site, scope, old - new)
        elif scope.owner is None:
            _remake_in_module(site)
        else:
            _remake_in_class(site, scope, path)


def _paths(definitions: tuple[Definition, ...], owner: Path = ()) -> Iterator[Path]:
    """Give the path of a scope and of every class inside it."""
    yield owner
    for definition in definitions:
        if definition.kind is Kind.CLASS:
            yield from _paths(definition.children, (*owner, definition.name))


def _evaluate_again(site: Site, scope: Scope, path: Path) -> None:
    """Let all statements of `scope` annotate once more; those that ran now have done so."""
    if scope.owner is None:
        staging = _annotations_of_module(site)
    else:
        staging = _annotations_of_class(site, scope, path)
    for name, value in staging.get(ANNOTATIONS, {}).items():
        scope.annotated.setdefault(name, value)
    if interp.LAZY_ANNOTATIONS:
        site.transaction.add(_without_function(site, scope))


def _without_function(site: Site, scope: Scope) -> list[Write]:
    """Give the writes after which no function makes the annotations of `scope`."""
    if scope.owner is not None:
        return [Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, "__annotate__", None)]
    namespace = vars(site.module)
    return [
        Write(WriteKind.ITEM, namespace, name, MISSING)
        for name in LAZY_ANNOTATIONS
        if name in namespace
    ]


def _names(definitions: tuple[Definition, ...], path: Path) -> frozenset[str]:
    nodes = [item.node for item in definitions if item.kind is Kind.STATEMENT]
    return scopes.annotated_names(nodes, path[-1] if path else "")


def _merge(site: Site, scope: Scope, gone: frozenset[str]) -> None:
    """Add what statements annotated when they ran, and take out what none annotates any more."""
    if scope.owner is None and gone:
        gone -= scopes.annotated_names(ast.parse(site.text).body, "")
    live: Any = scope.namespace.get(ANNOTATIONS)
    if isinstance(live, dict):
        changed = {**dict.fromkeys(gone & live.keys(), MISSING), **scope.annotated}
        site.transaction.add(
            [Write(WriteKind.ITEM, live, name, value) for name, value in changed.items()]
        )
    elif scope.annotated and scope.owner is None:
        made = dict(scope.annotated)
        site.transaction.add([Write(WriteKind.ITEM, vars(site.module), ANNOTATIONS, made)])
    elif scope.annotated:
        made = dict(scope.annotated)
        site.transaction.add([Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, ANNOTATIONS, made)])


def _annotations_of_module(site: Site) -> build.Staging:
    """Execute what annotates in the new text, as far as its statements ran."""
    chosen: list[ast.stmt] = []
    for node in ast.parse(site.text).body:
        chosen += [
            scopes.without_value(found)
            for found in scopes.annotated_statements(node)
            if found is node or _has_run(site.scope, found, "")
        ]
    staging = build.Staging()
    code = compiling.compile_statements(chosen, site.units.file, site.units.flags)
    build.execute(code, vars(site.module), staging)
    return staging


def _has_run(scope: Scope, node: ast.AnnAssign, owner: str) -> bool:
    """Tell whether a statement in a branch is one of those that were executed."""
    name = scopes.mangled(node.target.id, owner) if isinstance(node.target, ast.Name) else ""
    live: Any = scope.namespace.get(ANNOTATIONS)
    annotated = isinstance(live, dict) and name in live
    return annotated or name in scope.annotated or scope.get(name) is not MISSING


def _remake_in_module(site: Site) -> None:
    """Let the module's annotations be those of all statements of the new text that ran."""
    namespace = vars(site.module)
    staging = _annotations_of_module(site)
    made_by_function = any(name in namespace for name in LAZY_ANNOTATIONS[:2])
    names = LAZY_ANNOTATIONS if made_by_function else (*LAZY_ANNOTATIONS, ANNOTATIONS)
    site.transaction.add(
        [
            Write(WriteKind.ITEM, namespace, name, staging.get(name, MISSING))
            for name in names
            if name in staging or name in namespace
        ]
    )
    if made_by_function:  # what it made is kept here for who asks again: now, and after an undo
        forget = partial(namespace.pop, ANNOTATIONS, None)
        site.transaction.add([Write(WriteKind.CALL, namespace, "annotations", forget)])


def _annotate_nothing(_format: int, /) -> dict[str, object]:
    """Stand for a body without annotations: None would leave the cached ones in place."""
    return {}


def _annotations_of_class(site: Site, scope: Scope, path: Path) -> build.Staging:
    """Execute what annotates in the new body of the class at `path`."""
    found = bodies.find(site.plan.new, path)
    unit = next((unit for unit in site.plan.new if bodies.find((unit,), path)), None)
    staging = build.Staging()
    code = None

    def ran(node: ast.AnnAssign) -> bool:
        return _has_run(scope, node, path[-1])

    if unit is not None and found is not None:
        code = site.units.class_annotations(unit, found.node, path, ran)
    if code is not None and scope.owner is not None:
        site.execute_body(code, staging, scope.owner)
    return staging


def _remake_in_class(site: Site, scope: Scope, path: Path) -> None:
    """Let the class's annotations be those of all statements of its new body that ran."""
    staging = _annotations_of_class(site, scope, path)
    made = staging.get("__annotate_func__", staging.get("__annotate__", _annotate_nothing))
    if getattr(scope.owner, "__annotate__", None) is None:  # they were texts so far
        site.transaction.add(
            [
                Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, name, MISSING)
                for name in (ANNOTATIONS, "__annotations_cache__")
                if name in scope.namespace
            ]
        )
    site.transaction.add([Write(WriteKind.TYPE_ATTRIBUTE, scope.owner, "__annotate__", made)])
