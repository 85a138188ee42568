"""Names: what a statement binds in its own scope, and what it and its inner scopes read."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
SCOPES = (
    *DEFINITIONS, ast.Lambda, ast.ListComp, ast.SetComp,
    ast.DictComp, ast.GeneratorExp,
)  # fmt: skip


def mangled(name: str, owner: str) -> str:
    """Give `name` as it is stored inside class `owner` (private names carry the class)."""
    owner = owner.lstrip("_")
    if not owner or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    return f"_{owner}{name}"


def bound_names(node: ast.AST) -> frozenset[str]:
    """Give the names that executing `node` may bind in its own scope, `*` for a star import."""
    if isinstance(node, DEFINITIONS):  # most are
        return frozenset((node.name,))
    return frozenset(_bound(node))


def _bound(node: ast.AST) -> Iterator[str]:  # noqa: C901, PLR0912
    match node:
        case _ if isinstance(node, DEFINITIONS):
            yield node.name
            return  # decorators and defaults may hold a walrus: rare enough to be left out
        case ast.Name(id=name, ctx=ast.Store()):
            yield name
        case ast.Import(names=names):
            yield from ((alias.asname or alias.name.partition(".")[0]) for alias in names)
        case ast.ImportFrom(names=names):
            yield from ((alias.asname or alias.name) for alias in names)
        case ast.ExceptHandler(name=str(_)):
            pass  # bound while the handler runs, unbound after it
        case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case ast.NamedExpr(target=ast.Name(id=name)):
            yield name
        case ast.Lambda():
            return
        case ast.If(test=test) if _is_type_checking(test):
            yield from (name for child in node.orelse for name in _bound(child))
            return  # the body is never executed
        case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
            # PEP 572: a walrus inside a comprehension binds outside it
            yield from (n.target.id for n in ast.walk(node) if isinstance(n, ast.NamedExpr))
            return
        case _ if type(node).__name__ == "TypeAlias":  # PEP 695, 3.12
            yield node.name.id  # type: ignore[attr-defined]
            return
    for child in ast.iter_child_nodes(node):
        yield from _bound(child)


def _is_type_checking(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False


def read_names(nodes: Iterable[ast.AST]) -> frozenset[str]:
    """Give every name that `nodes` read in any scope, functions' bodies included."""
    return frozenset(
        inner.id
        for node in nodes
        for inner in ast.walk(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    )


def evaluated(node: ast.AST) -> Iterator[ast.AST]:
    """Give the nodes that are evaluated when `node` is executed: no bodies of functions."""
    yield node
    if isinstance(node, ast.Lambda):
        parts: list[ast.AST] = [node.args]
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        parts = [*node.decorator_list, node.args]
        if node.returns is not None:
            parts.append(node.returns)
    else:
        parts = list(ast.iter_child_nodes(node))
    for part in parts:
        yield from evaluated(part)


def names_evaluated(node: ast.AST) -> frozenset[str]:
    """Give the names that executing `node` reads at once."""
    return frozenset(
        inner.id
        for inner in evaluated(node)
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load)
    )


def reads_in_inner_scopes(node: ast.AST) -> frozenset[str]:
    """Give the names read in scopes inside `node` (class bodies, comprehensions, lambdas).

    These look names up in the module's own namespace, not in the mapping that a statement
    is executed in.
    """
    found: set[str] = set()
    for inner in ast.walk(node):
        if inner is not node and isinstance(inner, SCOPES):
            found |= read_names([inner])
    if isinstance(node, SCOPES):
        found |= read_names(ast.iter_child_nodes(node))
    return frozenset(found)


def names_deleted_and_assigned(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """Give the names that `text` deletes, and those that code assigns from another scope.

    The latter are names of `global` statements and of attributes that are stored.
    """
    deleted: set[str] = set()
    assigned: set[str] = set()
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Name(id=name, ctx=ast.Del()):
                deleted.add(name)
            case ast.Attribute(attr=name, ctx=ast.Store()):
                assigned.add(name)
            case ast.Global(names=names):
                assigned.update(names)
    return frozenset(deleted), frozenset(assigned)


def names_left_deleted(text: str) -> frozenset[str]:
    """Give the names that the top level of `text` binds and deletes again for good."""
    found: set[str] = set()
    for node in ast.parse(text).body:
        found -= bound_names(node)
        if isinstance(node, ast.Delete):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return frozenset(found)


def names_bound(text: str) -> frozenset[str]:
    """Give the names that the top level of `text` binds, `global` statements included."""
    tree = ast.parse(text)
    found: set[str] = set()
    for node in tree.body:
        found |= bound_names(node)
    for inner in ast.walk(tree):
        if isinstance(inner, ast.Global):
            found.update(inner.names)
    return frozenset(found)


def static_attributes(node: ast.AST) -> frozenset[str]:
    """Give the names that the functions of a class assign on `self`, as the compiler sees it."""
    found: set[str] = set()
    pending = list(ast.iter_child_nodes(node))
    while pending:
        inner = pending.pop()
        match inner:
            case ast.ClassDef() | ast.AugAssign() | ast.AnnAssign(value=None):
                continue
            case ast.Attribute(value=ast.Name(id="self"), attr=name, ctx=ast.Store()):
                found.add(name)
        pending.extend(ast.iter_child_nodes(inner))
    return frozenset(found)


def annotated_statements(node: ast.AST) -> Iterator[ast.AnnAssign]:
    """Give the statements in `node` that annotate a name of its own scope."""
    if isinstance(node, ast.AnnAssign) and node.simple:
        yield node
    if not isinstance(node, SCOPES):
        for child in ast.iter_child_nodes(node):
            if not isinstance(child, ast.expr):  # no statement stands in one
                yield from annotated_statements(child)


def annotated_names(nodes: Iterable[ast.AST], owner: str) -> frozenset[str]:
    """Give the names that `nodes` annotate, as class `owner` stores them."""
    return frozenset(
        mangled(found.target.id, owner)
        for node in nodes
        for found in annotated_statements(node)
        if isinstance(found.target, ast.Name)
    )


def without_value(node: ast.AnnAssign) -> ast.AnnAssign:
    """Give the statement that only annotates what `node` annotates and binds."""
    bare = ast.AnnAssign(target=node.target, annotation=node.annotation, value=None, simple=1)
    return ast.copy_location(bare, node)
