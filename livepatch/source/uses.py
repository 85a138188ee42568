"""Which statements of a text compute something from given names: found without a whole parse."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

from livepatch.source import scopes, words
from livepatch.source.outline import inner_statements, is_main_guard

APPLIERS = frozenset({"map", "filter", "sorted", "max", "min", "reduce", "any", "all"})
REACH = 400  # lines that a statement is looked for below the line that mentions a name


@dataclass(frozen=True, slots=True)
class Use:
    """One statement with the names that it reads, and those that it calls, dotted ones too.

    `targets` are the dotted names that it binds. A class calls `Base[]` where it subscripts a
    base.
    """

    first: int
    line: int
    targets: tuple[str, ...]
    read: frozenset[str]
    called: frozenset[str]
    bases: frozenset[str]
    decorators: frozenset[str]


def uses_of(text: str, names: Collection[str]) -> Iterator[Use]:
    """Give the top-level and class-level statements of `text` that mention one of `names`."""
    places = sorted(at for name in names if name for at in _mentions(text, name))
    if not places:
        return
    lines = text.split("\n")
    done = line = last = 0
    for at in places:
        line += text.count("\n", last, at)
        last = at
        if line < done:
            continue
        start = _start_of(lines, line)
        end, nodes = _parse_from(lines, start, line)
        done = max(end, line + 1)
        for node in nodes:
            yield from _uses(node, "", start)


def _mentions(text: str, name: str) -> Iterator[int]:
    """Give where `text` mentions `name`, other than where it defines it."""
    for at in words.mentions(text, name):
        if not text.endswith(("def ", "class "), 0, at) and not _is_in_body(text, at):
            yield at


def _is_in_body(text: str, at: int) -> bool:
    """Tell whether `at` lies in the body of an undecorated top-level function.

    That is not evaluated on import, as the defaults in its header are.
    """
    start = text.rfind("\n", 0, at) + 1
    while start and not _starts_statement(text[start : start + 8]):
        start = text.rfind("\n", 0, start - 1) + 1
    if not text.startswith(("def ", "async def "), start):
        return False
    before = text.rfind("\n", 0, max(start - 1, 0)) + 1
    if start and text.startswith("@", before):
        return False
    return at >= start + len("\n".join(_header(text[start : at + 1].split("\n"))))


def _header(lines: Sequence[str]) -> Sequence[str]:
    """Give the first of `lines` up to the one on which all brackets are closed again."""
    depth = 0
    for number, line in enumerate(lines, 1):
        depth += sum(map(line.count, "([{")) - sum(map(line.count, ")]}"))
        if depth <= 0:
            return lines[:number]
    return lines


def _start_of(lines: list[str], line: int) -> int:
    while line > 0 and not _starts_statement(lines[line]):
        line -= 1
    while line > 0 and lines[line - 1].startswith("@"):
        line -= 1
    return line


def _starts_statement(line: str) -> bool:
    return bool(line) and (line[0].isalpha() or line[0] in "_@") and not _continues(line)


def _continues(line: str) -> bool:
    return re.match(r"(?:else|elif|except|finally)\b", line) is not None


def _parse_from(lines: list[str], start: int, line: int) -> tuple[int, list[ast.stmt]]:
    """Parse the statement that starts at `start` and reaches over `line`."""
    if re.match(r"(?:async\s+)?def\s", lines[start]):
        header = _header(lines[start : start + REACH])
        for body in ("", " pass"):
            with suppress(SyntaxError):
                return start + len(header), ast.parse("\n".join(header) + body).body
        return _next_start(lines, line), []
    end = _next_start(lines, line)
    for _ in range(4):
        try:
            return end, ast.parse("\n".join(lines[start:end])).body
        except SyntaxError:
            if end >= len(lines) or end - start > REACH:
                break
            end = _next_start(lines, end)
    return end, []


def _next_start(lines: list[str], line: int) -> int:
    line += 1
    decorated = lines[line - 1].startswith("@")
    while line < len(lines):
        if _starts_statement(lines[line]):
            if not decorated:
                return line
            decorated = lines[line].startswith("@")
        line += 1
    return len(lines)


def _uses(node: ast.stmt, prefix: str, offset: int) -> Iterator[Use]:
    match node:
        case ast.ClassDef():
            bases = _names([*node.bases, *(k.value for k in node.keywords)])[0]
            subscripted = _names([b.value for b in node.bases if isinstance(b, ast.Subscript)])[
                0
            ]
            called = frozenset(f"{name}[]" for name in subscripted)
            yield Use(
                node.lineno + offset, node.lineno + offset, (prefix + node.name,), frozenset(),
                called, bases, _names(node.decorator_list)[0],
            )  # fmt: skip
            inside = f"{prefix}{node.name}."
            for child in node.body:
                for use in _uses(child, inside, offset):
                    # what a class body reads may be a name of its own
                    own = {name: frozenset(f"{inside}{each}" for each in getattr(use, name))
                           for name in ("read", "called")}  # fmt: skip
                    yield replace(
                        use, read=use.read | own["read"], called=use.called | own["called"]
                    )
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            defaults = [*node.args.defaults, *filter(None, node.args.kw_defaults)]
            read, called = _names(defaults)
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            yield Use(
                first + offset, node.lineno + offset, (prefix + node.name,), read, called,
                frozenset(), _names(node.decorator_list)[0],
            )  # fmt: skip
        case ast.Import() | ast.ImportFrom():
            return
        case ast.If(test=test) if is_main_guard(test):
            return
        case ast.If() | ast.Try() | ast.With() | ast.For() | ast.While():
            for child in inner_statements(node):
                yield from _uses(child, prefix, offset)
        case _:
            targets = tuple(prefix + name for name in sorted(scopes.bound_names(node)))
            kept: list[ast.expr] | list[ast.stmt] = [node]
            if isinstance(node, ast.Expr):  # a bare call keeps only what it is given
                call = node.value
                kept = call.args if isinstance(call, ast.Call) and _may_keep(call.func) else []
            read, called = _names(kept)
            read |= _filled(node)
            line = node.lineno + offset
            yield Use(line, line, targets, read, called, frozenset(), frozenset())


def _filled(node: ast.stmt) -> frozenset[str]:
    """Give what a bare call of a method works on: `x` and `x.rows` for `x.rows.append(1)`."""
    call = node.value if isinstance(node, ast.Expr) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
        return frozenset()
    return frozenset(_dotted(call.func.value))


def _may_keep(function: ast.expr) -> bool:
    """Tell whether what is called may keep its arguments: a builtin function does not."""
    return not (isinstance(function, ast.Name) and hasattr(builtins, function.id))


def _names(nodes: list[ast.expr] | list[ast.stmt]) -> tuple[frozenset[str], frozenset[str]]:
    read: set[str] = set()
    called: set[str] = set()
    for node in nodes:
        for inner in scopes.evaluated(node):
            read.update(_dotted(inner))
            if isinstance(inner, ast.Call):
                called.update(_dotted(inner.func))
                if isinstance(inner.func, ast.Name) and inner.func.id in APPLIERS:
                    for argument in inner.args:
                        called.update(_dotted(argument))
    return frozenset(read), frozenset(called)


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
