"""Code that picks: calls one of several versions of a function, by the pin of the caller.

The picking code is an ordinary function body even where the versions are generators or
coroutines; it only bears their flag. So the version is picked when the function is called,
the caller gets the version's own generator or coroutine, and `inspect` sees no difference.
"""

from __future__ import annotations

import ast
import functools
from collections.abc import Callable, Mapping, Sequence
from types import CodeType, FunctionType
from typing import Any

from livepatch.model import FunctionState
from livepatch.runtime import build, epochs
from livepatch.runtime.epochs import Era

GENERATOR, COROUTINE, ASYNC_GENERATOR = 0x20, 0x80, 0x200
TRIP = "livepatch trip"
KIND_FLAGS = 0x20 | 0x80 | 0x100 | 0x200  # generator, coroutine, iterable coroutine, async gen
VARARGS, VARKEYWORDS = 0x04, 0x08
SINCE = 1 << 40  # stands for the first epoch of version n: no small int, which is no constant
PREFIX = "livepatch version "
PIN = "livepatch pin"
UNPINNED = "livepatch unpinned"

Signature = tuple[tuple[str, ...], tuple[str, ...], str, tuple[str, ...], str]
"""Positional-only, positional, `*` name, keyword-only, `**` name; empty where there is none."""

ANY: Signature = ((), (), "livepatch_a", (), "livepatch_k")


def clone_of(function: FunctionType, state: FunctionState, code: CodeType) -> FunctionType:
    """Give a function of `code` beside `function`, without defaults as yet, and hidden."""
    if state.closure is None:
        clone = build.function_of(code, function.__globals__, None)
    else:
        clone = FunctionType(code, function.__globals__, code.co_name, None, state.closure)
    epochs.hide(clone)
    return clone


def signature_of(code: CodeType) -> Signature:
    """Give the parameters of `code`."""
    names = list(code.co_varnames)
    only, count, keyword = code.co_posonlyargcount, code.co_argcount, code.co_kwonlyargcount
    rest = names[count + keyword :]
    star = rest.pop(0) if code.co_flags & VARARGS else ""
    stars = rest.pop(0) if code.co_flags & VARKEYWORDS else ""
    return (
        tuple(names[:only]), tuple(names[only:count]), star,
        tuple(names[count : count + keyword]), stars,
    )  # fmt: skip


def common_signature(states: Sequence[FunctionState]) -> Signature:
    """Give the parameters that all versions share, `ANY` where they or their defaults differ."""
    first, *others = states
    signature = signature_of(first.code)
    for state in others:
        if signature_of(state.code) != signature or not _same_defaults(first, state):
            return ANY
    return signature


def _same_defaults(one: FunctionState, other: FunctionState) -> bool:
    mine, theirs = one.defaults or (), other.defaults or ()
    if len(mine) != len(theirs) or any(a is not b for a, b in zip(mine, theirs, strict=True)):
        return False
    ours, yours = one.kwdefaults or {}, other.kwdefaults or {}
    return ours.keys() == yours.keys() and all(ours[key] is yours[key] for key in ours)


def picking_code(eras: Sequence[Era]) -> CodeType | None:
    """Give the code that calls the version for the pin; it looks like the newest version's.

    None where the free variables of the newest version cannot be kept.
    """
    newest = eras[-1].state.code
    signature = common_signature([era.state for era in eras])
    try:
        code = _picker(signature, newest.co_freevars, len(eras))
    except SyntaxError:  # a free variable whose name is not an identifier
        return None
    if code.co_freevars != newest.co_freevars:
        return None
    table: dict[Any, Any] = {PIN: epochs.PIN, UNPINNED: epochs.UNPINNED}
    for index, era in enumerate(eras):
        table[f"{PREFIX}{index}"] = era.clone
        table[SINCE + index] = era.since
    consts = tuple(_stand_in(const, table) for const in code.co_consts)
    return code.replace(
        co_consts=consts,
        co_filename=newest.co_filename,
        co_name=newest.co_name,
        co_qualname=newest.co_qualname,
        co_firstlineno=newest.co_firstlineno,
        co_flags=code.co_flags | (newest.co_flags & KIND_FLAGS),
    )


def _stand_in(const: Any, table: Mapping[Any, Any]) -> Any:
    return table.get(const, const) if isinstance(const, str | int) else const


@functools.lru_cache(maxsize=512)
def _picker(signature: Signature, free: tuple[str, ...], count: int) -> CodeType:
    parameters, passed = _spelled(signature)
    epoch, choice = f"(livepatch_epoch := {PIN!r}.get().epoch)", ""
    for index in range(count - 1):
        since = SINCE + index + 1
        # Who comes from a session that is over is pinned to nothing, which may be hidden from.
        over = f"{UNPINNED!r}.epoch < {since} and livepatch_epoch == {epochs.NEWEST}"
        choice += f"{f'{PREFIX}{index}'!r} if {epoch} < {since} or {over} else "
        epoch = "livepatch_epoch"
    choice += repr(f"{PREFIX}{count - 1}")
    lines = [f"def picker({parameters}):"]
    lines += [f"  if 0: {', '.join(free)}"] if free else []
    lines += [f"  return ({choice})({passed})"]
    return _on_one_line(lines, free)


def _spelled(signature: Signature) -> tuple[str, str]:
    """Give the parameters as a `def` spells them, and as a call passes them on."""
    only, positional, star, keyword, stars = signature
    parameters = [*only, *(["/"] if only else []), *positional]
    parameters += [f"*{star}"] if star else ["*"] if keyword else []
    parameters += [*keyword, *([f"**{stars}"] if stars else [])]
    passed = [*only, *positional, *([f"*{star}"] if star else [])]
    passed += [*(f"{name}={name}" for name in keyword), *([f"**{stars}"] if stars else [])]
    return ", ".join(parameters), ", ".join(passed)


def _on_one_line(lines: Sequence[str], free: Sequence[str]) -> CodeType:
    """Give the code of the function in `lines`, all of it on the line of the `def`."""
    outer = "".join(f" {name} = None\n" for name in free)
    inner = "".join(f" {line}\n" for line in lines)
    tree = ast.parse(f"def maker():\n{outer}{inner}")
    for node in ast.walk(tree):
        if isinstance(node, ast.expr | ast.stmt | ast.arg | ast.keyword | ast.excepthandler):
            node.lineno = node.end_lineno = 1  # a traceback shows the line of the `def`
            node.col_offset = node.end_col_offset = 0
    module = compile(tree, "<livepatch>", "exec", dont_inherit=True)
    maker = next(const for const in module.co_consts if isinstance(const, CodeType))
    return next(const for const in maker.co_consts if isinstance(const, CodeType))


def guarding_code(era: Era, trip: Callable[[Any], object]) -> CodeType | None:
    """Give code that calls the one version there is, and tells `trip` of what passes out.

    It is of the version's own kind. None where it cannot be made: an asynchronous generator, or
    free variables that cannot be kept.
    """
    code = era.state.code
    if code.co_flags & ASYNC_GENERATOR:
        return None
    kind = code.co_flags & (GENERATOR | COROUTINE)
    try:
        made = _guard(signature_of(code), code.co_freevars, kind)
    except SyntaxError:
        return None
    if made.co_freevars != code.co_freevars:
        return None
    table: dict[Any, Any] = {f"{PREFIX}0": era.clone, TRIP: trip}
    return made.replace(
        co_consts=tuple(_stand_in(const, table) for const in made.co_consts),
        co_filename=code.co_filename,
        co_name=code.co_name,
        co_qualname=code.co_qualname,
        co_firstlineno=code.co_firstlineno,
    )


@functools.lru_cache(maxsize=512)
def _guard(signature: Signature, free: tuple[str, ...], kind: int) -> CodeType:
    parameters, passed = _spelled(signature)
    call = f"{f'{PREFIX}0'!r}.__call__({passed})"
    if kind:
        call = f"(yield from {call})" if kind & GENERATOR else f"await {call}"
    lines = [f"{'async ' if kind & COROUTINE else ''}def picker({parameters}):"]
    lines += [f"  if 0: {', '.join(free)}"] if free else []
    lines += ["  try:", f"   return {call}", "  except Exception as livepatch_error:"]
    lines += [f"   {TRIP!r}.__call__(livepatch_error)", "   raise"]
    return _on_one_line(lines, free)


def is_picking(code: CodeType) -> bool:
    """Tell whether `code` picks a version, or guards the one there is."""
    names = code.co_names
    if names[:1] == ("get",):
        return any(const is epochs.PIN for const in code.co_consts)
    return names == ("__call__", "Exception") and "livepatch_error" in code.co_varnames


def is_open(code: CodeType) -> bool:
    """Tell whether a picking code takes any arguments, whatever its versions take."""
    return code.co_varnames[:2] == (ANY[2], ANY[4])


def shown_signature(clone: FunctionType, annotations: Any) -> Any:
    """Give the parameters of `clone` with these annotations; None where they cannot be had."""
    import inspect  # noqa: PLC0415  10 ms that only a changed signature costs

    try:
        signature = inspect.signature(clone)
        if callable(annotations):
            annotations = annotations(1)  # the values (PEP 649)
    except Exception:  # noqa: BLE001  the program's own annotations
        return None
    values = annotations or {}
    parameters = [
        parameter.replace(annotation=values.get(name, parameter.annotation))
        for name, parameter in signature.parameters.items()
    ]
    returns = values.get("return", signature.return_annotation)
    return signature.replace(parameters=parameters, return_annotation=returns)
