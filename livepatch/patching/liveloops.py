"""Functions whose loops are live: which they are, and how they come to be compiled so.

A function is compiled with its loops outlined where it is marked with `live(loops=True)`, and
where the head of a loop calls `livepatch.loop`. From then on an edit of the loop's body is new
code for a function that the running loop calls once a turn.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import Any

from livepatch.model import Action, Definition, Edit
from livepatch.patching.optin import Marks
from livepatch.patching.registry import Registry, TrackedFile
from livepatch.patching.transaction import Transaction
from livepatch.runtime import functions, lookup, loops
from livepatch.source import compiling, outlining
from livepatch.source.outline import Lines, first_line, outline, walk
from livepatch.source.regions import parse
from livepatch.source.templates import Function, Loop

VERB = "loop"


def is_live_call(node: ast.AST, namespace: Mapping[str, Any]) -> bool:
    """Tell whether `node` is a call of `livepatch.loop`, by whatever name."""
    if not isinstance(node, ast.Call):
        return False
    match node.func:
        case ast.Name(id=name):
            verb = namespace.get(name)
            home = getattr(verb, "__module__", "") or ""
            return home == "livepatch.ways" and getattr(verb, "__name__", "") == VERB
        case ast.Attribute(value=ast.Name(id=name), attr=attr):
            owner = namespace.get(name)
            ours = (sys.modules.get("livepatch"), sys.modules.get("livepatch.ways"))
            return attr == VERB and owner is not None and owner in ours
    return False


def is_live_loop(loop: Loop, namespace: Mapping[str, Any]) -> bool:
    """Tell whether the head of `loop` calls `livepatch.loop`."""
    head = loop.test if isinstance(loop, ast.While) else loop.iter
    return any(is_live_call(node, namespace) for node in ast.walk(head))


def holds_live_loop(node: ast.stmt, namespace: Mapping[str, Any]) -> bool:
    """Tell whether executing a statement runs a loop of `livepatch.loop`."""
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return False
    return any(
        isinstance(found, Loop) and is_live_loop(found, namespace)
        for found in outlining.own_nodes([node])
    )


def is_other_edit(module: ModuleType, edit: Edit) -> bool:
    """Tell whether `edit` is none of a loop of `livepatch.loop` in the module's own code.

    A filter for the patcher: such a loop goes on by itself, and is not run anew in its thread.
    """
    if edit.action not in {Action.EXECUTE, Action.REMOVE}:
        return True
    namespace = vars(module)
    nodes = [d.node for d in (edit.old, edit.new) if d is not None]
    return not any(holds_live_loop(node, namespace) for node in nodes)


def chosen_in(module: ModuleType, marks: Marks) -> outlining.Chosen | None:
    """Give which loops of `module` are to be live, None where none can be."""
    namespace = vars(module)
    looped = marks.looped(module)
    ways = sys.modules.get("livepatch.ways")
    ours = {
        id(ours) for ours in (sys.modules.get("livepatch"), ways, getattr(ways, VERB, None))
    }
    ours.discard(id(None))
    named = not ours.isdisjoint(map(id, list(namespace.values())))
    if not looped and not named:
        return None

    def chosen(qualname: str, function: Function) -> outlining.Choice | None:
        del function
        if marks.has_live_loops(module, qualname):
            return lambda _loop: True
        return (lambda loop: is_live_loop(loop, namespace)) if named else None

    return chosen


def rewriter(module: ModuleType, marks: Marks) -> Callable[[ast.stmt], ast.stmt | None] | None:
    """Give what outlines the live loops of a statement of `module`, None where there are none."""
    chosen = chosen_in(module, marks)
    return None if chosen is None else lambda unit: outlining.outlined_unit(unit, chosen)


def outline_function(
    tracked: TrackedFile, function: FunctionType, module: ModuleType, marks: Marks
) -> bool:
    """Have the loops of `function` live from its next call on.

    False where its code is not what the text of its file says: then nothing is changed.
    """
    if loops.has_bodies(function.__code__):
        return True
    rewrite = rewriter(module, marks)
    found = next(_units_with(tracked, function.__code__.co_qualname), None)
    if rewrite is None or found is None:
        return False
    unit, definition = found
    plain = _lifted(unit, definition, tracked)
    if plain is None or _says(plain) != _says(function.__code__):
        return False
    outlined = rewrite(unit)
    return outlined is None or _give(function, _lifted(outlined, definition, tracked))


def _says(code: CodeType) -> object:
    """Give what a code object does, as far as all ways of compiling the same text agree.

    The bytecode does not: from 3.12 on it depends on whether the unit of compilation holds the
    `import` of a module whose functions are called.
    """
    consts = [
        _says(const)
        if isinstance(const, CodeType)
        else (
            type(const),
            sorted(map(repr, const)) if isinstance(const, frozenset) else repr(const),
        )
        for const in code.co_consts
    ]
    lines = frozenset(line for _, _, line in code.co_lines())
    names = frozenset(code.co_names)
    return code.co_qualname, names, code.co_varnames, code.co_freevars, lines, consts


def _give(function: FunctionType, code: CodeType | None) -> bool:
    """Give `function` its new code; False where that cannot be."""
    if code is None:
        return False
    writes, missing = functions.writes_for(function, functions.Replacement(code))
    if missing:
        return False
    transaction = Transaction()
    transaction.add(writes)
    transaction.flush(final=True)
    return True


def _lifted(unit: ast.stmt, definition: Definition, tracked: TrackedFile) -> CodeType | None:
    flags = tracked.flags(tracked.text.text)
    code = compiling.compile_statements([unit], tracked.code_name, flags)
    return compiling.lift(compiling.codes_by_place(code), definition)


def _units_with(tracked: TrackedFile, qualname: str) -> Iterator[tuple[ast.stmt, Definition]]:
    """Give the definitions of a qualified name, with the top-level statements they stand in."""
    text = tracked.text.text
    lines = Lines(text, 0)
    for node in parse(text, tracked.file, 0).body:
        for definition in walk(outline([node], lines)):
            if definition.qualname == qualname:
                yield node, definition


def prepare_module(registry: Registry, file: str, module: ModuleType, marks: Marks) -> None:
    """Have every loop of `livepatch.loop` in the functions of `module` live from the next call on."""
    tracked = registry.get(file)
    if tracked is None or tracked.is_late:
        return
    text = tracked.text.text
    if VERB not in text or "livepatch" not in text or chosen_in(module, marks) is None:
        return
    namespace = vars(module)
    lines = Lines(text, 0)
    for node in parse(text, tracked.file, 0).body:
        for definition in walk(outline([node], lines)):
            inner = definition.node
            if not isinstance(inner, Function):
                continue
            if any(is_live_loop(loop, namespace) for loop in outlining.own_loops(inner)):
                for function in _live_functions(module, definition, tracked):
                    outline_function(tracked, function, module, marks)


def _live_functions(
    module: ModuleType, definition: Definition, tracked: TrackedFile
) -> list[FunctionType]:
    first = first_line(definition.node)
    return [
        function
        for function in lookup.local_functions(
            module,
            lambda code: (
                code.co_qualname == definition.qualname
                and code.co_firstlineno == first
                and code.co_filename in tracked.names
            ),
        )
        if function.__globals__ is vars(module)
    ]
