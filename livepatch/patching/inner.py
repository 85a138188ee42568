"""Functions defined inside functions: what live closures get beside the code of the new text."""

from __future__ import annotations
import __future__

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import CodeType, FunctionType
from typing import Any

from livepatch import interp
from livepatch.diff import parts
from livepatch.errors import SourceError
from livepatch.model import Definition, Edit, FunctionState, Note, Write
from livepatch.patching.site import Site
from livepatch.patching.transaction import CodePair
from livepatch.runtime import build, closures, epochs, functions
from livepatch.runtime.shaping import Shape, Side
from livepatch.source import compiling, inner, templates

TEXT_ANNOTATIONS = __future__.annotations.compiler_flag
ANNOTATE = "__annotate__"  # the name of code that 3.14 makes of annotations
Named = tuple[str, int]  # name and first line of a code object


def pairs(
    site: Site,
    edit: Edit,
    targets: tuple[FunctionType, ...],
    code: CodeType,
    owner: type | None,
) -> Iterator[CodePair]:
    """Give what shares the code of `targets`: copies of them, and closures made inside."""
    new = edit.new
    old = epochs.plain_code(targets[0])
    if new is None or old is code:
        return
    place = (site.tracked.file, str(new.qualname), new.line)
    held = site.tracked.is_held_by_root(old)
    captured = functions.default_values(targets[0]), _final_defaults(site, targets[0])
    yield CodePair(old, code, len(targets) + held, targets, place, partial(Shape, owner=owner))
    for before, after in compiling.pair_codes(old, code):
        if before.co_flags & compiling.CO_NEWLOCALS and not _is_helper(before.co_name):
            # names and lines: one more reference to the code would look like an unknown owner
            names = _named(before), _named(after)
            yield CodePair(
                before, after, 1, (), place, partial(_shape, edit, names, captured),
                partial(_annotation_writes, site, edit, *names),
            )  # fmt: skip


def _is_helper(name: str) -> bool:
    return name.endswith(("comp>", "expr>")) or name == ANNOTATE


def _named(code: CodeType) -> Named:
    return code.co_name, code.co_firstlineno


def _final_defaults(site: Site, target: FunctionType) -> Mapping[str, object]:
    """Give the defaults that `target` is about to have, by the name of the parameter."""
    for write in reversed(site.transaction.pending):
        if write.target is target and isinstance(write.value, FunctionState):
            return functions.defaults_of(write.value)
    return functions.default_values(target)


def _shape(
    edit: Edit, names: tuple[Named, Named], captured: tuple[Mapping[str, object], ...]
) -> Shape:
    """Give what both texts say of a function defined inside another."""
    old, new = edit.old, edit.new
    if old is None or new is None:
        return Shape()
    before, after = (old.node, _place(old, names[0])), (new.node, _place(new, names[1]))
    return Shape(
        _side(parts.inner_defaults(*before, *after), captured[1]),
        _side(parts.inner_defaults(*after, *before), captured[0]),
    )


def _place(definition: Definition, named: Named) -> Named:
    return named[0], named[1] - definition.first


def _side(new: parts.NewDefaults | None, captured: Mapping[str, object]) -> Side:
    if new is None:
        return Side(captured=captured)
    return Side(new.values, new.computed, captured)


def _annotation_writes(
    site: Site, edit: Edit, old: Named, new: Named, live: Sequence[FunctionType]
) -> Iterable[Write]:
    """Give the writes of the annotations of live closures, where the text has other ones.

    What a wrapper shows of the function that it wraps is not its own.
    """
    before, after = edit.old, edit.new
    live = [function for function in live if not hasattr(function, "__wrapped__")]
    if before is None or after is None or not live:
        return []
    place, new_place = (old[0], old[1] - before.first), (new[0], new[1] - after.first)
    found = inner.new_annotations(before.node, place, after.node, new_place)
    if found is None:
        return []
    names = [] if site.units.flags & TEXT_ANNOTATIONS else sorted(found.names)
    writes, reasons = [], []
    for function in live:
        values, missing = _values(function, names)
        if missing:
            reasons.append(f"they name {', '.join(missing)}, which it never captured")
            continue
        try:
            made = _made(site, found.node, values)
        except Exception as error:  # noqa: BLE001  an annotation may be any expression
            reasons.append(f"the new ones raise {type(error).__name__}: {error}")
            continue
        writes.append(functions.annotations_write(function, made))
    for reason in dict.fromkeys(reasons):
        message = f"a live closure keeps its old annotations: {reason}"
        note = Note("closure-shape", after.qualname, site.tracked.file, new[1], message)
        site.transaction.notes.append(note)
    return writes


def _values(
    function: FunctionType, names: Sequence[str]
) -> tuple[dict[str, object], tuple[str, ...]]:
    """Give what a live closure has for variables of the scopes around it, and those it lacks."""
    cells = closures.cells_of(function)
    annotate = getattr(function, ANNOTATE, None)
    if type(annotate) is FunctionType:
        cells = {**closures.cells_of(annotate), **cells}
    found = {}
    for name in names:
        try:
            found[name] = cells[name].cell_contents
        except (KeyError, ValueError):  # never captured, or not assigned yet
            continue
    return found, tuple(name for name in names if name not in found)


def _made(site: Site, node: ast.stmt, values: Mapping[str, object]) -> Any:
    """Execute a bare `def` where its annotations find `values` before the names of the module."""
    name: str = node.name  # type: ignore[attr-defined]
    staging = build.Staging(site.staged())
    if interp.LAZY_ANNOTATIONS and values:
        maker = templates.function_node("maker", [node, *templates.made_from(f"return {name}")])
        maker.args.args = [ast.arg(arg=each) for each in values]
        ast.fix_missing_locations(ast.copy_location(maker, node))
        build.execute(_compiled(site, maker), vars(site.module), staging)
        return staging["maker"](**values)
    staging.update(values)
    build.execute(_compiled(site, node), vars(site.module), staging)
    return staging[name]


def _compiled(site: Site, node: ast.stmt) -> CodeType:
    try:
        return compiling.compile_statements([node], site.units.file, site.units.flags)
    except SourceError as error:  # an annotation that only its own place allows
        raise ValueError(str(error)) from error
