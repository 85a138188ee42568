"""Which parts of a definition differ: compared as syntax trees, so layout never counts."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from copy import copy, deepcopy
from dataclasses import dataclass

from livepatch.model import MISSING, Definition, Kind

Function = ast.FunctionDef | ast.AsyncFunctionDef


def same_tree(old: Definition, new: Definition) -> bool:
    """Tell whether both are the same but for layout and comments."""
    return old.text == new.text or same(old.node, new.node)


def same(old: object, new: object) -> bool:
    """Tell whether two trees, or lists of trees, are equal, wherever they stand.

    It is what comparing two `dump`s would tell, and ends with the first difference.
    """
    if old is new:
        return True
    if type(old) is not type(new):
        return False
    if isinstance(old, ast.AST):
        for name in old._fields:
            if not same(getattr(old, name, None), getattr(new, name, None)):
                return False
        return True
    if isinstance(old, list) and isinstance(new, list):
        return len(old) == len(new) and all(map(same, old, new))
    return old == new


def dump(node: ast.AST | Sequence[ast.AST] | None) -> str:
    """Give a text that is equal for equal trees, wherever they stand."""
    if node is None:
        return ""
    if isinstance(node, ast.AST):
        return ast.dump(node)
    return ",".join(ast.dump(item) for item in node)


def function_parts(old: Definition, new: Definition) -> frozenset[str]:
    """Give what differs between two functions (or two lambdas bound to names)."""
    before, after = _function(old.node), _function(new.node)
    if before is None or after is None:
        return _lambda_parts(old, new)
    parts = set() if _has_same_header(old, new) else _function_header_parts(before, after)
    old_docstring = ast.get_docstring(before, clean=False)
    new_docstring = ast.get_docstring(after, clean=False)
    if old_docstring != new_docstring:
        parts.add("docstring")
    old_body = before.body[old_docstring is not None :]
    new_body = after.body[new_docstring is not None :]
    if not same(old_body, new_body):
        parts.add("body")
    return frozenset(parts)


def _has_same_header(old: Definition, new: Definition) -> bool:
    """Tell whether two functions have the same text above their bodies, as most have."""
    header = _header(new)
    return bool(header) and header == _header(old)


def _header(definition: Definition) -> list[str]:
    """Give the lines of a function above its body; none where that begins on one of them."""
    start: ast.stmt = definition.node.body[0]  # type: ignore[attr-defined]
    count = first_line(start) - definition.first
    *header, line = definition.text.split("\n", count + 1)[: count + 1]
    return [] if line[: start.col_offset].strip() else header


def _function_header_parts(before: Function, after: Function) -> set[str]:
    parts = set(_argument_parts(before.args, after.args))
    if type(before) is not type(after):
        parts.add("kind")
    if not same(before.decorator_list, after.decorator_list):
        parts.add("decorators")
    if not same(before.returns, after.returns):
        parts.add("annotations")
    if not same(_type_params(before), _type_params(after)):
        parts.add("type_params")
    if before.name != after.name:
        parts.add("name")
    return parts


def _function(node: ast.stmt) -> Function | None:
    return node if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else None


def _lambda_parts(old: Definition, new: Definition) -> frozenset[str]:
    before, after = _lambda(old.node), _lambda(new.node)
    if before is None or after is None:
        return frozenset({"kind", "body"})
    parts = set(_argument_parts(before.args, after.args))
    if not same(before.body, after.body):
        parts.add("body")
    return frozenset(parts)


def _lambda(node: ast.stmt) -> ast.Lambda | None:
    value = getattr(node, "value", None)
    return value if isinstance(value, ast.Lambda) else None


def _type_params(node: ast.AST) -> object:
    return getattr(node, "type_params", [])


def _argument_parts(old: ast.arguments, new: ast.arguments) -> Iterable[str]:
    if same(old, new):
        return
    if _names(old) != _names(new):
        yield "signature"
    if not same(_annotations(old), _annotations(new)):
        yield "annotations"
    before, after = defaults_of(old), defaults_of(new)
    for name, value in after.items():
        if name not in before or not same(before[name], value):
            yield f"default {name}"
    if any(name not in after for name in before):
        yield "signature"


def defaults_of(arguments: ast.arguments) -> dict[str, ast.expr]:
    """Give the default expressions by the name of their parameter."""
    positional = [*arguments.posonlyargs, *arguments.args]
    count = len(arguments.defaults)
    with_default = positional[len(positional) - count :]
    found = {
        arg.arg: value for arg, value in zip(with_default, arguments.defaults, strict=True)
    }
    for arg, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True):
        if default is not None:
            found[arg.arg] = default
    return found


def _names(arguments: ast.arguments) -> tuple[object, ...]:
    return (
        [arg.arg for arg in arguments.posonlyargs],
        [arg.arg for arg in arguments.args],
        arguments.vararg and arguments.vararg.arg,
        [arg.arg for arg in arguments.kwonlyargs],
        arguments.kwarg and arguments.kwarg.arg,
    )


def _annotations(arguments: ast.arguments) -> list[list[object]]:
    every = [
        *arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs,
        *filter(None, (arguments.vararg, arguments.kwarg)),
    ]  # fmt: skip
    return [[arg.arg, arg.annotation] for arg in every]


def header_parts(old: Definition, new: Definition) -> frozenset[str]:
    """Give what differs between the headers of two classes."""
    before, after = old.node, new.node
    if not isinstance(before, ast.ClassDef) or not isinstance(after, ast.ClassDef):
        return frozenset()
    parts = set()
    if not same(before.decorator_list, after.decorator_list):
        parts.add("decorators")
    if not same(before.bases, after.bases):
        parts.add("bases")
    if not same(before.keywords, after.keywords):
        parts.add("keywords")
    if not same(_type_params(before), _type_params(after)):
        parts.add("type_params")
    if before.name != after.name:
        parts.add("name")
    return frozenset(parts)


def shell(definition: Definition) -> str:
    """Give a text equal for equal compound statements, leaving out what is defined inside."""
    return dump(_without_definitions(definition.node))


def _without_definitions(node: ast.AST) -> ast.AST:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        # what stays: the name, and all that is evaluated when the statement runs
        return ast.Global(names=[type(node).__name__, node.name])
    match node:
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
            return ast.Global(names=[ast.Lambda.__name__, name])
    clone = copy(node)
    for field, value in ast.iter_fields(node):
        if isinstance(value, list):
            setattr(clone, field, [_stripped(item) for item in value])
    return clone


def _stripped(item: object) -> object:
    if isinstance(item, ast.stmt | ast.ExceptHandler | ast.match_case):
        return _without_definitions(item)
    return item


def nameless(definition: Definition, renamed: Mapping[str, str] | None = None) -> str:
    """Give a text equal for definitions that differ in their own name alone.

    Where a definition mentions itself, the mention goes with the name; names in `renamed`
    count as the ones they became.
    """
    node = copy(definition.node)
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        mention = f"Name(id={node.name!r}"
        node.name = "_"
        text = dump(node).replace(mention, "Name(id='_'")
        for old, new in (renamed or {}).items():
            text = text.replace(f"Name(id={old!r}", f"Name(id={new!r}")
        return f"{definition.kind.value} {text}"
    return ""


def has_new_defaults(node: ast.stmt, changed: frozenset[str]) -> bool:
    """Tell whether the function or named lambda `node` has defaults, all of them `changed`."""
    function = _function(node) or _lambda(node)
    names = defaults_of(function.args) if function is not None else {}
    return bool(names) and all(f"default {name}" in changed for name in names)


def does_nothing(node: ast.stmt) -> bool:
    """Tell whether executing `node` leaves nothing: `pass`, `...`, what only type checkers read."""
    match node:
        case ast.Pass() | ast.Expr(value=ast.Constant()):
            return True
        case ast.If(test=ast.Name(id=name) | ast.Attribute(attr=name), orelse=[]):
            return name == "TYPE_CHECKING"
    return False


def binds_same_value(old: ast.stmt, new: ast.stmt) -> bool:
    """Tell whether both assign the same expression to the same name, with other annotations."""
    before, after = _assigned(old), _assigned(new)
    is_other = before is not None and after is not None and not same(old, new)
    return is_other and same(before, after)


def _assigned(node: ast.stmt) -> list[ast.expr] | None:
    match node:
        case ast.Assign(targets=[ast.Name() as target], value=value):
            return [target, value]
        case ast.AnnAssign(target=ast.Name() as target, value=ast.expr() as value):
            return [target, value]
    return None


def is_definition(definition: Definition) -> bool:
    """Tell whether this is a function or a class."""
    return definition.kind in {Kind.FUNCTION, Kind.CLASS}


def is_in_innermost(old: ast.stmt, new: ast.stmt) -> bool:
    """Tell whether the bodies of the innermost functions in both are all that differs.

    These are what a decorator or a maker of closures gives back: live ones run the new body.
    Functions that are called in there are none of them.
    """
    if not _has_functions(old) or not _has_functions(new):
        return False
    return _without_innermost(old) == _without_innermost(new)


def _without_innermost(node: ast.stmt) -> str:
    copied = deepcopy(node)
    called = {
        inner.func.id
        for inner in ast.walk(copied)
        if isinstance(inner, ast.Call) and isinstance(inner.func, ast.Name)
    }
    for inner in ast.walk(copied):
        if inner is copied or not isinstance(inner, Function) or inner.name in called:
            continue
        if not _has_functions(inner):
            inner.body = []
    return ast.dump(copied)


def _has_functions(node: ast.AST) -> bool:
    return any(inner is not node and isinstance(inner, Function) for inner in ast.walk(node))


@dataclass(frozen=True, slots=True)
class NewDefaults:
    """The defaults of an inner function in a new text.

    `values` has each parameter that has a default: its value where it is a new literal, else
    MISSING. `computed` are those with a new expression that only running it could tell.
    """

    values: dict[str, object]
    computed: frozenset[str]


def inner_defaults(
    old: ast.stmt, old_place: tuple[str, int], new: ast.stmt, new_place: tuple[str, int]
) -> NewDefaults | None:
    """Compare the defaults of functions inside `old` and `new`, by name and line therein."""
    before, after = _arguments_at(old, old_place), _arguments_at(new, new_place)
    if before is None or after is None or same(before, after):
        return None
    known = defaults_of(before)
    values: dict[str, object] = {}
    computed = set()
    for name, value in defaults_of(after).items():
        values[name] = MISSING
        if not same(known.get(name), value):
            try:
                values[name] = ast.literal_eval(value)
            except ValueError:
                computed.add(name)
    return NewDefaults(values, frozenset(computed))


def _arguments_at(node: ast.stmt, place: tuple[str, int]) -> ast.arguments | None:
    name, line = place
    start = first_line(node)
    for inner in ast.walk(node):
        if isinstance(inner, Function) and inner.name == name:
            if first_line(inner) - start == line:
                return inner.args
        elif (
            isinstance(inner, ast.Lambda)
            and name == "<lambda>"
            and inner.lineno - start == line
        ):
            return inner.args
    return None


def first_line(node: ast.stmt) -> int:
    """Give the line of the first decorator, or of the statement."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])
