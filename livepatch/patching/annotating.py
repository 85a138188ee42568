"""`__annotations__` of modules and classes: what annotated statements that came and went leave.

Up to 3.13, and under `from __future__ import annotations`, they are a dictionary that each
statement adds to; from 3.14 on they are a function, made of all the statements of the scope.
"""

from __future__ import annotations
import __future__

import ast
from typing import Any

from livepatch import interp
from livepatch.model import MISSING, Definition, Kind, Write, WriteKind
from livepatch.patching import classes
from livepatch.patching.site import ANNOTATIONS, LAZY_ANNOTATIONS, Scope, Site
from livepatch.runtime import build
from livepatch.source import compiling, scopes

Path = tuple[str, ...]
TEXT_ANNOTATIONS = __future__.annotations.compiler_flag


def after_edits(site: Site) -> None:
    """Prepare the annotations of every scope in which an edit touched one."""
    lazy = interp.LAZY_ANNOTATIONS and not site.units.flags & TEXT_ANNOTATIONS
    for path in dict.fromkeys(edit.owner for edit in site.plan.edits):
        scope = site.scope_of(path)
        old = _names(_statements(site.plan.old, path), path)
        new = _names(_statements(site.plan.new, path), path)
        if scope is None or not old | new:
            continue
        if not lazy:
            _merge(site, scope, old - new)
        elif scope.owner is None:
            _remake_in_module(site)
        else:
            _remake_in_class(site, scope.owner, path)


def _statements(definitions: tuple[Definition, ...], path: Path) -> tuple[Definition, ...]:
    if not path:
        return definitions
    found = classes.find(definitions, path)
    return () if found is None else found.children


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


def _remake_in_module(site: Site) -> None:
    """Let the module's annotations be those of all statements of the new text that ran."""
    namespace = vars(site.module)
    chosen = []
    for node in ast.parse(site.text).body:
        for found in scopes.annotated_statements(node):
            name = found.target.id if isinstance(found.target, ast.Name) else ""
            if found is node or site.scope.get(name) is not MISSING:  # its branch was taken
                chosen.append(scopes.without_value(found))
    staging = build.Staging()
    code = compiling.compile_statements(chosen, site.units.file, site.units.flags)
    build.execute(code, namespace, staging)
    site.transaction.add(
        [
            Write(WriteKind.ITEM, namespace, name, staging.get(name, MISSING))
            for name in (*LAZY_ANNOTATIONS, ANNOTATIONS)
            if name in staging or name in namespace
        ]
    )


def _annotate_nothing(_format: int, /) -> dict[str, object]:
    """Stand for a body without annotations: None would leave the cached ones in place."""
    return {}


def _remake_in_class(site: Site, cls: type, path: Path) -> None:
    """Let the class's annotations be those of all statements of its new body."""
    found = classes.find(site.plan.new, path)
    unit = next((unit for unit in site.plan.new if classes.find((unit,), path)), None)
    staging = build.Staging()
    code = None
    if unit is not None and found is not None:
        code = site.units.class_annotations(unit, found.node, path)
    if code is not None:
        build.execute_class_body(code, vars(site.module), staging, cls)
    made = staging.get("__annotate_func__", staging.get("__annotate__", _annotate_nothing))
    site.transaction.add([Write(WriteKind.TYPE_ATTRIBUTE, cls, "__annotate__", made)])
