"""Statements made from templates: syntax trees that stand where another one stood."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TypeVar

Function = ast.FunctionDef | ast.AsyncFunctionDef
Loop = ast.For | ast.AsyncFor | ast.While
Node = TypeVar("Node", ast.stmt, ast.expr)
LENGTH = 60
HEADER = "livepatch_header"

DELEGATION = """
turn = b()
try:
    item = await turn.asend(None)
    while True:
        try:
            sent = yield item
        except GeneratorExit:
            await turn.aclose()
            raise
        except BaseException as error:
            item = await turn.athrow(error)
        else:
            item = await turn.asend(sent)
except StopAsyncIteration:
    pass
"""
"""What `yield from` would be for an asynchronous generator (PEP 380, PEP 525)."""


def header_of(loop: Loop) -> str:
    """Give the head of a loop on one line, or what `name_loop` said."""
    if hasattr(loop, HEADER):
        return str(getattr(loop, HEADER))
    if isinstance(loop, ast.While):
        text = f"while {ast.unparse(loop.test)}"
    else:
        text = f"for {ast.unparse(loop.target)} in {ast.unparse(loop.iter)}"
        text = f"async {text}" if isinstance(loop, ast.AsyncFor) else text
    text = " ".join(text.split())
    return text if len(text) <= LENGTH else f"{text[: LENGTH - 3]}..."


def name_loop(loop: Loop, text: str) -> None:
    """Have `header_of` give `text` for `loop`, whatever becomes of its head."""
    setattr(loop, HEADER, text)


class _Super(ast.NodeTransformer):
    """Names the class and the instance in `super()`, which looks at the frame it is called in."""

    def __init__(self, instance: str) -> None:
        self._instance = instance

    def visit(self, node: ast.AST) -> ast.AST:
        match node:
            case ast.Call(func=ast.Name(id="super"), args=[], keywords=[]):
                node.args = [at(load("__class__"), node), at(load(self._instance), node)]
                return node
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
                return node
        visited: ast.AST = self.generic_visit(node)
        return visited


def without_bare_super(parameters: Sequence[str], node: ast.stmt) -> ast.stmt:
    """Give `node` with the class and the instance named in each `super()` of its scope."""
    if parameters:
        _Super(parameters[0]).visit(node)
    return node


class _Rename(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self._names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = self._names.get(node.id, node.id)
        return node

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> ast.AST:
        node.name = self._names.get(node.name or "", node.name)
        return self.generic_visit(node)


def made_from(template: str, **names: str) -> list[ast.stmt]:
    """Give the statements of a template with other names, and no place in a file yet."""
    tree = ast.parse(template)
    for node in ast.walk(tree):
        for field in ("lineno", "col_offset", "end_lineno", "end_col_offset"):
            if hasattr(node, field):
                delattr(node, field)
    renamed: ast.Module = _Rename(names).visit(tree)
    return renamed.body


def store(name: str) -> ast.Name:
    """Give the name as the target of an assignment."""
    return ast.Name(id=name, ctx=ast.Store())


def load(name: str) -> ast.Name:
    """Give the name as an expression."""
    return ast.Name(id=name, ctx=ast.Load())


def at(node: Node, place: ast.AST) -> Node:
    """Give `node`, which has no place yet, the first line of `place`."""
    ast.copy_location(node, place)
    if isinstance(node, ast.stmt):
        node.end_lineno, node.end_col_offset = node.lineno, node.col_offset
    return node


def function_node(name: str, body: list[ast.stmt], *, is_async: bool = False) -> Function:
    """Give a function without parameters."""
    arguments = ast.arguments(
        posonlyargs=[], args=[], kwonlyargs=[], kw_defaults=[], defaults=[]
    )
    kind = ast.AsyncFunctionDef if is_async else ast.FunctionDef
    made = kind(name=name, args=arguments, body=body, decorator_list=[])
    if "type_params" in kind._fields:  # PEP 695, 3.12
        setattr(made, "type_params", [])  # noqa: B010  unknown to the oldest version
    return made
