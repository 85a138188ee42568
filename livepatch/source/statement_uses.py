"""What one statement computes something from: the names that it reads, calls and hands on."""

from __future__ import annotations

import ast
import builtins
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from livepatch.source import scopes
from livepatch.source.outline import inner_statements, is_main_guard

LISTERS = frozenset({
    "dict", "dir", "enumerate", "frozenset", "iter", "len", "list", "map", "reversed", "set",
    "sorted", "tuple", "vars", "zip",
})  # fmt: skip
TABLES = frozenset({"__annotations__", "__dict__", "__members__"})
APPLIERS = frozenset({"map", "filter", "sorted", "max", "min", "reduce", "any", "all"})
Names = frozenset[str]
NONE: Names = frozenset()


@dataclass(frozen=True, slots=True)
class Use:
    """One statement with the names that it reads, and those that it calls, dotted ones too.

    `targets` are the dotted names that it binds. A class calls `Base[]` where it subscripts a
    base, a statement `table[]` where it calls an item of a table. `passed` are names that it gives
    to what it calls; `asked` are pairs of what is asked (`name`, or `name()` for what a call
    gives) and the attribute that it is asked for; `operands` are names that an operator, a
    builtin function or a loop works on; `listed` those whose members it goes through.
    """

    first: int
    line: int
    targets: tuple[str, ...] = ()
    read: Names = NONE
    called: Names = NONE
    bases: Names = NONE
    decorators: Names = NONE
    passed: Names = NONE
    asked: frozenset[tuple[str, str]] = frozenset()
    operands: Names = NONE
    listed: Names = NONE


def uses_in(node: ast.stmt, prefix: str, offset: int) -> Iterator[Use]:
    """Give what `node`, or each statement in it, uses; lines are counted from `offset`."""
    match node:
        case ast.ClassDef():
            yield from _in_class(node, prefix, offset)
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            yield replace(
                _evaluated(defaults), first=first + offset, line=node.lineno + offset,
                targets=(prefix + node.name,), decorators=_names(node.decorator_list)[0],
            )  # fmt: skip
        case ast.If(test=test) if is_main_guard(test):
            return
        case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
            read, called = _names(_header(node))  # what decides whether, or with what, they run
            line, bound = node.lineno + offset, _bound_in_header(node, prefix)
            if bound:
                header = _evaluated(_header(node))
                listed = {_whole(node.iter)} if isinstance(node, ast.For) else NONE
                yield replace(
                    header, first=line, line=line, targets=bound, listed=header.listed | listed
                )
            for child in inner_statements(node):
                for use in uses_in(child, prefix, offset):
                    yield replace(use, read=use.read | read, called=use.called | called)
        case _:
            yield _of_statement(node, prefix, offset)


def _in_class(node: ast.ClassDef, prefix: str, offset: int) -> Iterator[Use]:
    bases = _names([*node.bases, *(keyword.value for keyword in node.keywords)])
    subscripted = _names([base.value for base in node.bases if isinstance(base, ast.Subscript)])
    called = frozenset(f"{name}[]" for name in subscripted[0]) | bases[1]
    line = node.lineno + offset
    yield Use(
        line, line, (prefix + node.name,), called=called, bases=bases[0],
        decorators=_names(node.decorator_list)[0],
    )  # fmt: skip
    inside = f"{prefix}{node.name}."
    for child in node.body:
        for use in uses_in(child, inside, offset):
            # what a class body reads may be a name of its own
            own = {
                name: frozenset(f"{inside}{each}" for each in getattr(use, name))
                for name in ("read", "called")
            }
            yield replace(use, read=use.read | own["read"], called=use.called | own["called"])


def _of_statement(node: ast.stmt, prefix: str, offset: int) -> Use:
    targets = tuple(prefix + name for name in sorted(scopes.bound_names(node)))
    line = node.lineno + offset
    if isinstance(node, ast.Import | ast.ImportFrom):
        return Use(line, line, targets)
    kept: Sequence[ast.AST] = [node]
    if isinstance(node, ast.AnnAssign):  # no value comes of the annotation
        kept = [each for each in (node.target, node.value) if each is not None]
    elif isinstance(node, ast.Expr):  # a bare call keeps only what it is given
        call = node.value
        kept = call.args if isinstance(call, ast.Call) and _may_keep(call.func) else []
    found = _evaluated(kept)
    return replace(
        found, first=line, line=line, targets=targets, read=found.read | _filled(node)
    )


def _header(node: ast.stmt) -> list[ast.expr]:
    """Give what a compound statement evaluates before the statements in it."""
    match node:
        case ast.If(test=test) | ast.While(test=test):
            return [test]
        case ast.For(iter=iterated):
            return [iterated]
        case ast.With(items=items):
            return [item.context_expr for item in items]
    return []


def _bound_in_header(node: ast.stmt, prefix: str) -> tuple[str, ...]:
    parts: list[ast.AST] = [*_header(node)]
    if isinstance(node, ast.For):
        parts.append(node.target)
    elif isinstance(node, ast.With):
        parts += [item.optional_vars for item in node.items if item.optional_vars is not None]
    names = frozenset[str]().union(*map(scopes.bound_names, parts))
    return tuple(prefix + name for name in sorted(names))


def _filled(node: ast.stmt) -> Names:
    """Give what a bare call of a method works on: `x` and `x.rows` for `x.rows.append(1)`."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return NONE
    return frozenset(_dotted(call.func.value))


def _may_keep(function: ast.expr) -> bool:
    """Tell whether what is called may keep its arguments: a builtin function does not."""
    return not (isinstance(function, ast.Name) and hasattr(builtins, function.id))


def _names(nodes: Sequence[ast.AST]) -> tuple[Names, Names]:
    found = _evaluated(nodes)
    return found.read, found.called


def _evaluated(nodes: Sequence[ast.AST]) -> Use:
    """Give what evaluating `nodes` reads, calls, hands on and asks for, on no line as yet."""
    read: set[str] = set()
    called: set[str] = set()
    passed: set[str] = set()
    asked: set[tuple[str, str]] = set()
    operands: set[str] = set()
    listed: set[str] = set()
    covered: set[int] = set()  # nodes that are no operands; each is met after what holds it
    for inner in (inner for node in nodes for inner in scopes.evaluated(node)):
        read.update(_dotted(inner))
        if id(inner) not in covered and isinstance(inner, ast.Name | ast.Attribute):
            operands.add(_whole(inner))
        covered.update(map(id, _no_operands(inner)))
        listed.update(map(_whole, _listed(inner)))
        if isinstance(inner, ast.Call):
            called.update(_dotted(inner.func))
            if isinstance(inner.func, ast.Subscript):
                called.add(f"{_whole(inner.func.value)}[]")
            given = [*inner.args, *(keyword.value for keyword in inner.keywords)]
            handed = {name for argument in given for name in _dotted(argument)}
            applied = isinstance(inner.func, ast.Name) and inner.func.id in APPLIERS
            (called if applied else passed).update(handed)
        elif isinstance(inner, ast.Attribute):
            asked.update(_asked(inner))
    return Use(
        0, 0, read=frozenset(read), called=frozenset(called), passed=frozenset(passed),
        asked=frozenset(asked), operands=frozenset(operands - {""}),
        listed=frozenset(listed - {""}),
    )  # fmt: skip


def _listed(node: ast.AST) -> Sequence[ast.AST]:
    """Give the parts of `node` whose members it goes through."""
    match node:
        case ast.Call(func=ast.Name(id=name), args=arguments) if name in LISTERS:
            return arguments
        case ast.Attribute(attr=name, value=value) if name in TABLES:
            return [value]
        case ast.comprehension(iter=value) | ast.Starred(value=value):
            return [value]
    return []


def _no_operands(node: ast.AST) -> Sequence[ast.AST]:
    """Give the parts of `node` that it asks for an attribute, calls, or hands on."""
    if isinstance(node, ast.Attribute):
        return [node.value]
    if not isinstance(node, ast.Call):
        return []
    if not _may_keep(node.func):
        return [node.func]
    return [node.func, *node.args, *(keyword.value for keyword in node.keywords)]


def _asked(node: ast.Attribute) -> Iterator[tuple[str, str]]:
    value, call = node.value, ""
    if isinstance(value, ast.Call):
        value, call = value.func, "()"
    whole = _whole(value)
    if whole:
        yield whole + call, node.attr


def _whole(node: ast.AST) -> str:
    """Give the dotted name that `node` is, empty where it is none."""
    return max(_dotted(node), key=len, default="")


def _dotted(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.Attribute):
        parts = [node.attr]
        value: ast.expr = node.value
        while isinstance(value, ast.Attribute):
            parts.append(value.attr)
            value = value.value
        if isinstance(value, ast.Name):
            parts.append(value.id)
            parts.reverse()
            for count in range(1, len(parts) + 1):
                yield ".".join(parts[:count])
