"""Definitions to code objects: compiled in context, lifted by path.

Nothing is ever compiled on its own. A definition is compiled inside its whole top-level
statement, at its own lines and with the flags of its module, and its code is taken out of
`co_consts`; so private names, `__class__`, PEP 695 scopes and line tables are right by
construction.
"""

from __future__ import annotations

import ast
import copy
from collections.abc import Callable, Iterator, Sequence
from types import CodeType

from livepatch.errors import SourceError
from livepatch.model import Definition
from livepatch.source.text import from_syntax_error

CO_NEWLOCALS = 0x2
HIDDEN_SCOPES = ("<generic parameters of ", "<listcomp>", "<genexpr>")
Place = tuple[str, int]  # qualified name, first line


def compile_statements(nodes: Sequence[ast.stmt], file: str, flags: int) -> CodeType:
    """Compile `nodes` as one module body; raise `SourceError` where the compiler refuses."""
    # A leading `pass` keeps a string statement from becoming the module's docstring.
    line = nodes[0].lineno if nodes else 1
    start = ast.Pass(lineno=line, col_offset=0, end_lineno=line, end_col_offset=0)
    module = ast.Module(body=[start, *nodes], type_ignores=[])
    try:
        code: CodeType = compile(module, file, "exec", flags=flags, dont_inherit=True)
    except SyntaxError as error:
        raise from_syntax_error(error, file) from error
    except (ValueError, RecursionError, MemoryError) as error:
        message = f"{type(error).__name__}: {error}"
        raise SourceError(message, file=file, line=line) from error
    return code


def compile_text(text: str, file: str) -> CodeType:
    """Compile a whole text as a module; raise `SourceError` where the compiler refuses."""
    try:
        code: CodeType = compile(text, file, "exec", dont_inherit=True)
    except SyntaxError as error:
        raise from_syntax_error(error, file) from error
    except (ValueError, RecursionError, MemoryError) as error:
        message = f"{type(error).__name__}: {error}"
        raise SourceError(message, file=file, line=1) from error
    return code


def inner_codes(code: CodeType) -> tuple[CodeType, ...]:
    """Give the code objects in the constants of `code`, in order."""
    return tuple(const for const in code.co_consts if isinstance(const, CodeType))


def codes_by_place(code: CodeType) -> dict[Place, list[CodeType]]:
    """Give every code object inside `code`, by qualified name and first line."""
    found: dict[Place, list[CodeType]] = {}
    pending = [code]
    while pending:
        for inner in inner_codes(pending.pop()):
            found.setdefault((inner.co_qualname, inner.co_firstlineno), []).append(inner)
            pending.append(inner)
    return found


def qualname_of(definition: Definition) -> str:
    """Give the `co_qualname` that the code of `definition` has."""
    if definition.role == "lambda":
        owner = definition.qualname.rpartition(".")[0]
        return f"{owner}.<lambda>" if owner else "<lambda>"
    return str(definition.qualname)


def lift(codes: dict[Place, list[CodeType]], definition: Definition) -> CodeType | None:
    """Give the code object of `definition` out of a compiled statement that holds it."""
    if definition.role == "lambda":
        node = definition.node
        value = node.value  # type: ignore[attr-defined]
        place = (qualname_of(definition), value.lineno)
        name = "<lambda>"
    else:
        place, name = (str(definition.qualname), definition.first), ""
    found = [code for code in codes.get(place, ()) if not name or code.co_name == name]
    return found[0] if found else None


def class_body(code: CodeType, qualname: str) -> CodeType | None:
    """Give the code of the body of class `qualname` inside a compiled statement."""
    pending = [code]
    while pending:
        for inner in inner_codes(pending.pop()):
            if inner.co_qualname == qualname and not inner.co_flags & CO_NEWLOCALS:
                return inner
            pending.append(inner)
    return None


def pair_codes(old: CodeType, new: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """Pair the functions and class bodies nested in `old` with those nested in `new`.

    Siblings are paired by name and order, then one left-over on each side with each other
    (an inner function that got another name).
    """
    theirs: dict[str, list[CodeType]] = {}
    for code in inner_codes(new):
        theirs.setdefault(code.co_name, []).append(code)
    left = []
    for code in inner_codes(old):
        same = theirs.get(code.co_name)
        if same:
            match = same.pop(0)
            yield code, match
            yield from pair_codes(code, match)
        elif not code.co_name.startswith("<"):
            left.append(code)
    others = [code for same in theirs.values() for code in same if code.co_name[0] != "<"]
    if len(left) == len(others) == 1:
        yield left[0], others[0]
        yield from pair_codes(left[0], others[0])


def filtered(node: ast.stmt, keep: Callable[[ast.stmt], ast.stmt | None]) -> ast.ClassDef:
    """Give a copy of class `node` whose body holds only what `keep` lets through.

    Nested classes that `keep` refuses stay as shells when something inside them is kept.
    The header is dropped: only the body's code is wanted.
    """
    if not isinstance(node, ast.ClassDef):
        message = f"not a class: {node!r}"
        raise TypeError(message)
    shell = copy.copy(node)
    shell.decorator_list, shell.bases, shell.keywords = [], [], []
    body: list[ast.stmt] = []
    for child in node.body:
        kept = keep(child)
        if kept is not None:
            body.append(kept)
        elif isinstance(child, ast.ClassDef):
            inner = filtered(child, keep)
            if not isinstance(inner.body[0], ast.Pass) or len(inner.body) > 1:
                body.append(inner)
    where = {
        "lineno": node.lineno,
        "col_offset": 0,
        "end_lineno": node.lineno,
        "end_col_offset": 0,
    }
    shell.body = body or [ast.Pass(**where)]
    return shell
