"""Loops to functions: a function whose loop bodies are functions of their own, called once a turn.

What the body of a loop says becomes a nested function; the loop itself only calls it. New code
for that function is then what the next turn runs. All local variables of the outer function are
shared with the bodies (`nonlocal`), all of them whether used or not, so that an edited body may
use each. `break`, `continue` and `return` become values that the body returns: None goes on,
False breaks, True says that the condition of a `while` no longer holds, `(value,)` returns.

Invariant: the names that are made up here hold a space or a dot, so that no program has them.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from livepatch.source import scopes
from livepatch.source.templates import (
    DELEGATION,
    Function,
    Loop,
    at,
    function_node,
    header_of,
    load,
    made_from,
    name_loop,
    store,
    without_bare_super,
)

Choice = Callable[[Loop], bool]
"""Tells whether a loop is to get a function of its own."""
Chosen = Callable[[str, Function], Choice | None]
"""Gives the choice for the function of a qualified name, None where it stays as it is."""
SPARES = ".spare cells"
ITEM = ".item"
MODULE = ".module"
NESTED = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


class Flavour(Enum):
    """What a call of the outer function gives; its loop bodies are of the same kind."""

    PLAIN = "plain"
    GENERATOR = "generator"
    COROUTINE = "coroutine"
    ASYNC_GENERATOR = "async generator"


def outlined_unit(unit: ast.stmt, chosen: Chosen) -> ast.stmt | None:
    """Give a copy of a top-level statement with the chosen loops outlined, None for no change."""
    clone = copy.deepcopy(unit)
    changed = False
    for qualname, function in list(functions_in(clone)):
        choice = chosen(qualname, function)
        if choice is not None and any(map(choice, own_loops(function))):
            _Outliner(function, choice).outline()
            changed = True
    return ast.fix_missing_locations(clone) if changed else None


def taken_over(unit: ast.stmt, path: str, ordinal: int) -> ast.stmt | None:
    """Give a copy of a statement in which the body of one loop is a function.

    `path` names the function around the loop, "" for a loop of the module itself; `ordinal`
    counts the loops of that scope. None where there is no such loop. The function asks
    `ITEM()` for what it assigns to the targets of a `for`.
    """
    clone = copy.deepcopy(unit)
    function: Function | None
    if path:
        function = next((f for name, f in functions_in(clone) if name == path), None)
    else:
        clone = function = _as_function(clone)
    loops = [] if function is None else list(own_loops(function))
    if function is None or ordinal >= len(loops):
        return None
    loop = loops[ordinal]
    name_loop(loop, header_of(loop))
    if isinstance(loop, ast.While):
        loop.test = at(ast.Constant(value=True), loop)
    else:
        item = at(ast.Call(func=load(ITEM), args=[], keywords=[]), loop.target)
        loop.body.insert(0, at(ast.Assign(targets=[loop.target], value=item), loop))
        loop.target = at(store(ITEM), loop.target)
    _Outliner(function, lambda found: found is loop, flavour=Flavour.PLAIN).outline()
    return ast.fix_missing_locations(clone)


def _as_function(statement: ast.stmt) -> Function:
    """Give a function around a statement of a module; all that it binds is global."""
    names = sorted(scopes.bound_names(statement))
    head: list[ast.stmt] = [at(ast.Global(names=names), statement)] if names else []
    made = function_node(MODULE, [*head, statement])
    return ast.copy_location(made, statement)


def functions_in(node: ast.AST, prefix: str = "") -> Iterator[tuple[str, Function]]:
    """Give the functions of a statement that are not inside other functions."""
    if isinstance(node, Function):
        yield prefix + node.name, node
        return
    if isinstance(node, ast.ClassDef):
        prefix = f"{prefix}{node.name}."
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from functions_in(child, prefix)


def own_loops(function: Function) -> Iterator[Loop]:
    """Give the loops in the body of `function` itself, outer ones first."""
    for node in own_nodes(function.body):
        if isinstance(node, Loop):
            yield node


def own_nodes(nodes: Sequence[ast.AST]) -> Iterator[ast.AST]:
    """Give all nodes of one scope: nested functions and classes come, but not what is inside."""
    for node in nodes:
        yield node
        if not isinstance(node, NESTED):
            yield from own_nodes(list(ast.iter_child_nodes(node)))


def flavour_of(function: Function) -> Flavour:
    """Give the kind of a function: whether it awaits, and whether it yields."""
    yields = any(
        isinstance(node, ast.Yield | ast.YieldFrom) for node in own_nodes(function.body)
    )
    if isinstance(function, ast.AsyncFunctionDef):
        return Flavour.ASYNC_GENERATOR if yields else Flavour.COROUTINE
    return Flavour.GENERATOR if yields else Flavour.PLAIN


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a statement stands: in which loop body, and in how many plain loops there.

    `signal` is the variable of the outlined loop around it, empty outside of any.
    """

    signal: str = ""
    depth: int = 0

    def deeper(self) -> _Place:
        return replace(self, depth=self.depth + 1)


class _Outliner:
    """Outlines one function, in place."""

    def __init__(
        self, function: Function, choice: Choice, *, flavour: Flavour | None = None
    ) -> None:
        self._function = function
        self._choice = choice
        self._flavour = flavour or flavour_of(function)
        declared: dict[type, set[str]] = {ast.Global: set(), ast.Nonlocal: set()}
        bound: set[str] = set()
        for node in own_nodes(function.body):
            if isinstance(node, ast.Global | ast.Nonlocal):
                declared[type(node)].update(node.names)
            elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del):
                bound.add(node.id)
        for statement in function.body:
            bound |= scopes.bound_names(statement)
        arguments = function.args
        every = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
        every += [a for a in (arguments.vararg, arguments.kwarg) if a is not None]
        self._parameters = [argument.arg for argument in every]
        self._globals = sorted(declared[ast.Global])
        self._outer = sorted(declared[ast.Nonlocal])
        self._locals = sorted(
            (bound | set(self._parameters)) - declared[ast.Global] - declared[ast.Nonlocal]
        )
        self._names: dict[str, int] = {}
        self._bodies: list[ast.stmt] = []

    def outline(self) -> None:
        """Have every chosen loop call its body."""
        body = self._function.body
        docstring = (
            body[:1] if ast.get_docstring(self._function, clean=False) is not None else []
        )
        prologue = self._bindings()
        rest = self._block(body[len(docstring) :], _Place())
        place = body[len(docstring)] if len(body) > len(docstring) else body[0]
        head = [*self._declarations(self._outer), *prologue, *self._bodies]
        self._function.body = [*docstring, *(at(node, place) for node in head), *rest]

    def _bindings(self) -> list[ast.stmt]:
        """Bind every local in the outer function without doing so: bodies refer to it there."""
        test = ast.Constant(value=0)
        targets: list[ast.expr] = [store(name) for name in self._locals]
        none = ast.Constant(value=None)
        found: list[ast.stmt] = []
        if targets:
            found.append(
                ast.If(test=test, body=[ast.Assign(targets=targets, value=none)], orelse=[])
            )
        found.append(ast.Assign(targets=[store(SPARES)], value=ast.Dict(keys=[], values=[])))
        return found

    def _declarations(self, nonlocals: Sequence[str]) -> list[ast.stmt]:
        found: list[ast.stmt] = []
        if self._globals:
            found.append(ast.Global(names=list(self._globals)))
        if nonlocals:
            found.append(ast.Nonlocal(names=list(nonlocals)))
        return found

    def _block(self, statements: Sequence[ast.stmt], place: _Place) -> list[ast.stmt]:
        return [new for old in statements for new in self._statement(old, place)]

    def _statement(self, node: ast.stmt, place: _Place) -> list[ast.stmt]:
        match node:
            case ast.Global() | ast.Nonlocal():
                return [at(ast.Pass(), node)]  # `_declarations` says it for the whole function
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                return [node]
            case ast.For() | ast.AsyncFor() | ast.While():
                return self._loop(node, place)
        if place.signal:
            left = self._in_body(node, place)
            if left is not None:
                return left
        for field in ("body", "orelse", "finalbody"):
            if getattr(node, field, None):
                setattr(node, field, self._block(getattr(node, field), place))
        for part in [*getattr(node, "handlers", ()), *getattr(node, "cases", ())]:
            part.body = self._block(part.body, place)
        return [node]

    def _in_body(self, node: ast.stmt, place: _Place) -> list[ast.stmt] | None:
        """Give what a statement becomes in the body of an outlined loop, None for the same."""
        outermost = not place.depth
        match node:
            case ast.Return():
                value = node.value or ast.Constant(value=None)
                return self._leave(ast.Tuple(elts=[value], ctx=ast.Load()), node, place)
            case ast.Break() if outermost:
                return self._leave(ast.Constant(value=False), node, place)
            case ast.Continue() if outermost:
                return [at(ast.Return(value=None), node)]
            case ast.AnnAssign(target=ast.Name()) if node.value is None:
                return [at(ast.Pass(), node)]  # an annotated name cannot be nonlocal
            case ast.AnnAssign(target=ast.Name(), value=ast.expr() as value):
                return [at(ast.Assign(targets=[node.target], value=value), node)]
        return None

    def _leave(self, signal: ast.expr, node: ast.stmt, place: _Place) -> list[ast.stmt]:
        """End the loop's body with a signal for the loop."""
        if self._flavour is not Flavour.ASYNC_GENERATOR:
            return [at(ast.Return(value=signal), node)]
        return [
            at(ast.Assign(targets=[store(place.signal)], value=signal), node),
            at(ast.Return(value=None), node),
        ]

    def _loop(self, loop: Loop, place: _Place) -> list[ast.stmt]:
        if not self._choice(loop):
            loop.body = self._block(loop.body, place.deeper())
            loop.orelse = self._block(loop.orelse, place)
            return [loop]
        name = self._name(loop)
        signal = f".signal of {name}"
        inside = _Place(signal)
        body = self._block(loop.body, inside)
        if isinstance(loop, ast.While):
            test = ast.UnaryOp(op=ast.Not(), operand=loop.test)
            stop = self._leave(ast.Constant(value=True), loop, inside)
            body = [at(ast.If(test=test, body=stop, orelse=[]), loop), *body]
        after = self._after(signal, place)
        orelse = self._block(loop.orelse, place)
        function = at(self._body_function(name, signal, body), loop)
        start: list[ast.stmt] = [
            ast.Assign(targets=[store(signal)], value=ast.Constant(value=None))
        ]
        if place.signal:
            start.insert(0, function)
        else:
            self._bodies.append(
                function
            )  # made at once: an edit may come before its loop starts
        turn = [*self._turn(name, signal), *made_from("if x is not None:\n break", x=signal)]
        if isinstance(loop, ast.While):
            driver: ast.stmt = ast.While(test=ast.Constant(value=True), body=turn, orelse=[])
            ended = made_from("if x is True:\n pass\nelse:\n pass", x=signal)
            if isinstance(ended[0], ast.If):
                ended[0].body, ended[0].orelse = orelse or [ast.Pass()], after
            after = ended
        else:
            driver = copy.copy(loop)
            driver.body, driver.orelse = turn, orelse
        new = [*start, driver, *after]
        return [at(node, loop) for node in new]

    def _after(self, signal: str, place: _Place) -> list[ast.stmt]:
        """Give what follows the loop: the `return` that its body asked for."""
        if not place.signal:
            if self._flavour is Flavour.ASYNC_GENERATOR:
                return made_from("if x:\n return", x=signal)
            return made_from("if x:\n return x[0]", x=signal)
        if self._flavour is Flavour.ASYNC_GENERATOR:
            return made_from("if x:\n y = x\n return", x=signal, y=place.signal)
        return made_from("if x:\n return x", x=signal)

    def _turn(self, name: str, signal: str) -> list[ast.stmt]:
        """Give the call of the body."""
        match self._flavour:
            case Flavour.PLAIN:
                return made_from("x = b()", x=signal, b=name)
            case Flavour.GENERATOR:
                return made_from("x = yield from b()", x=signal, b=name)
            case Flavour.COROUTINE:
                return made_from("x = await b()", x=signal, b=name)
        return made_from(
            DELEGATION, b=name, turn=".turn", item=".item", sent=".sent", error=".error"
        )

    def _body_function(self, name: str, signal: str, body: list[ast.stmt]) -> ast.stmt:
        is_async = self._flavour in {Flavour.COROUTINE, Flavour.ASYNC_GENERATOR}
        shared = [*self._locals, *self._outer, SPARES]
        if self._flavour is Flavour.ASYNC_GENERATOR:
            shared.append(signal)
        head = self._declarations(shared)
        if self._flavour in {Flavour.GENERATOR, Flavour.ASYNC_GENERATOR}:
            head += made_from("if 0:\n yield")
        statements = [*head, *(without_bare_super(self._parameters, node) for node in body)]
        return function_node(name, statements, is_async=is_async)

    def _name(self, loop: Loop) -> str:
        """Give the name of a loop's body: the head of the loop, numbered where it is not alone."""
        text = header_of(loop)
        count = self._names[text] = self._names.get(text, 0) + 1
        return text if count == 1 else f"{text} #{count}"
