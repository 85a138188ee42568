"""Classes made in functions: what came to their bodies, changed or went reaches the live ones.

The function that made them is not called again, so only what the text alone decides can
follow: methods, and attributes that are literals. A note names the rest.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from types import CellType, CodeType, FunctionType

from livepatch.diff.parts import defaults_of, does_nothing, dump
from livepatch.model import MISSING, Edit, FunctionState, Note, Write, WriteKind
from livepatch.patching.site import Site
from livepatch.runtime import closures, lookup
from livepatch.source import compiling, scopes

Function = ast.FunctionDef | ast.AsyncFunctionDef
KINDS = {"staticmethod": staticmethod, "classmethod": classmethod, "property": property}
Members = dict[str, ast.stmt]


def follow(site: Site, edit: Edit, code: CodeType) -> None:
    """Prepare what live classes get that the old definition of a function has made."""
    old, new = edit.old, edit.new
    if old is None or new is None or "body" not in edit.parts:
        return
    if "class" not in old.text or "class" not in new.text:
        return
    before = dict(_classes(old.node, str(old.qualname).rpartition(".")[0]))
    after = dict(_classes(new.node, str(new.qualname).rpartition(".")[0]))
    codes: dict[compiling.Place, list[CodeType]] = {}
    for qualname in before.keys() & after.keys():
        if dump(before[qualname]) == dump(after[qualname]):
            continue
        live = list(lookup.classes_named(qualname, vars(site.module)))
        codes = codes or compiling.codes_by_place(code)
        kept: set[str] = set()
        for cls in live:
            kept |= _update(site, cls, before[qualname], after[qualname], codes)
        if kept:
            message = f"live classes made by it keep the old {', '.join(sorted(kept))}"
            line = after[qualname].lineno
            note = Note("closure-shape", qualname, site.tracked.file, line, message)
            site.transaction.notes.append(note)


def _classes(node: ast.AST, prefix: str) -> Iterator[tuple[str, ast.ClassDef]]:
    """Give the classes inside a function by the `__qualname__` that they get."""
    name: str = getattr(node, "name", "") if isinstance(node, ast.stmt) else ""
    if isinstance(node, ast.ClassDef):
        prefix = f"{prefix}.{name}".lstrip(".")
        if "<locals>" in prefix:
            yield prefix, node
    elif isinstance(node, Function):
        prefix = f"{prefix}.{name}.<locals>".lstrip(".")
    for child in ast.iter_child_nodes(node):
        yield from _classes(child, prefix)


def _members(node: ast.ClassDef) -> Members:
    """Give the statements of a body by the one name that they bind, others by their text."""
    found: Members = {}
    for child in node.body:
        names = scopes.bound_names(child)
        name = next(iter(names)) if len(names) == 1 else dump(child)
        found[scopes.mangled(name, node.name)] = child
    return found


def _update(
    site: Site,
    cls: type,
    old: ast.ClassDef,
    new: ast.ClassDef,
    codes: dict[compiling.Place, list[CodeType]],
) -> set[str]:
    """Prepare the new attributes of one live class; give words for what it keeps."""
    before, after = _members(old), _members(new)
    kept = set()
    for field in ("bases", "keywords", "decorator_list"):
        if dump(getattr(old, field)) != dump(getattr(new, field)):
            kept.add(field.replace("_list", "s"))
    for name, node in after.items():
        was = before.get(name)
        if was is not None and (_same_head(was, node) or dump(was) == dump(node)):
            continue  # a method: its new body comes with its code
        value = _value(site, cls, node, codes)
        if value is not MISSING:
            site.transaction.add([Write(WriteKind.TYPE_ATTRIBUTE, cls, name, value)])
        elif not does_nothing(node):
            kept.add(name if name.isidentifier() else "body")
    gone = [name for name in before if name not in after and name in vars(cls)]
    site.transaction.add([Write(WriteKind.TYPE_ATTRIBUTE, cls, name, MISSING) for name in gone])
    return kept


def _same_head(old: ast.stmt, new: ast.stmt) -> bool:
    if not isinstance(old, Function) or not isinstance(new, Function):
        return isinstance(old, ast.ClassDef) and isinstance(new, ast.ClassDef)
    return dump(old.decorator_list) == dump(new.decorator_list)


def _value(
    site: Site, cls: type, node: ast.stmt, codes: dict[compiling.Place, list[CodeType]]
) -> object:
    """Give what a statement of the body binds in `cls`, MISSING where running it would tell."""
    match node:
        case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
            return _literal(value)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return _method(site, cls, node, codes)
    return MISSING


def _literal(node: ast.expr) -> object:
    try:
        return ast.literal_eval(node)
    except ValueError:
        return MISSING


def _method(
    site: Site, cls: type, node: Function, codes: dict[compiling.Place, list[CodeType]]
) -> object:
    names = [getattr(decorator, "id", "") for decorator in node.decorator_list]
    kinds = [KINDS[name] for name in names if name in KINDS]
    defaults = {name: _literal(value) for name, value in defaults_of(node.args).items()}
    line = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    found = codes.get((f"{cls.__qualname__}.{node.name}", line), [])
    if len(kinds) != len(names) or len(kinds) > 1 or not found:
        return MISSING
    if any(value is MISSING for value in defaults.values()):
        return MISSING
    cells = {name: cell for each in _functions(cls) for name, cell in each}
    cells["__class__"] = CellType(cls)
    code = found[0]
    if any(name not in cells for name in code.co_freevars):
        return MISSING
    closure = tuple(cells[name] for name in code.co_freevars) or None
    made = FunctionType(code, vars(site.module), node.name, None, closure)
    count = len(node.args.defaults)
    positional = tuple(list(defaults.values())[:count]) or None
    keyword = dict(list(defaults.items())[count:]) or None
    state = FunctionState(code, closure, positional, keyword)
    site.transaction.add([Write(WriteKind.FUNCTION, made, "", state)])
    return kinds[0](made) if kinds else made


def _functions(cls: type) -> Iterator[Iterator[tuple[str, CellType]]]:
    for value in vars(cls).values():
        for found in lookup.reach(value):
            if type(found) is FunctionType:
                yield iter(closures.cells_of(found).items())
