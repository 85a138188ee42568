"""One definition of a text: found, cut out, and put back in other words; the rest stays as it is.

Invariant: outside the lines of the definition every byte of the result is one of the original.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from livepatch.errors import SourceError
from livepatch.source.outline import first_line, role_of
from livepatch.source.regions import parse
from livepatch.source.text import encoding_of

Named = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a text states a definition: lines `first` to `end`, 1-based.

    `line` is that of the keyword, `ordinal` counts the definitions of this qualified name
    from 0, `role` is "getter", "setter", "overload" and the like, or "lambda".
    """

    qualname: str
    name: str
    role: str
    first: int
    line: int
    end: int
    ordinal: int
    text: str
    is_class: bool


def places(text: str, file: str) -> list[Place]:
    """Give every definition of `text`, nested ones included, in source order."""
    lines = text.split("\n")
    counts: dict[str, int] = {}
    found = []
    for qualname, node in _named(parse(text, file, 0), ""):
        first, end = first_line(node), node.end_lineno or node.lineno
        ordinal = counts.get(qualname, 0)
        counts[qualname] = ordinal + 1
        name, role = described(node)
        found.append(
            Place(
                qualname, name, role, first, node.lineno, end, ordinal,
                "\n".join(lines[first - 1 : end]), isinstance(node, ast.ClassDef),
            )
        )  # fmt: skip
    return found


def described(node: ast.stmt) -> tuple[str, str]:
    """Give the name that a statement defines, empty for none, and its role."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef():
            return node.name, role_of(node)
        case ast.ClassDef():
            return node.name, ""
        case ast.Assign(targets=[ast.Name(id=name)], value=ast.Lambda()):
            return name, "lambda"
        case ast.AnnAssign(target=ast.Name(id=name), value=ast.Lambda()):
            return name, "lambda"
    return "", ""


def _named(parent: ast.AST, prefix: str) -> Iterator[tuple[str, ast.stmt]]:
    for child in ast.iter_child_nodes(parent):
        if isinstance(child, ast.stmt):
            name, role = described(child)
            if role == "lambda":
                yield prefix + "<lambda>", child
            elif name:
                yield prefix + name, child
        if isinstance(child, ast.ClassDef):
            yield from _named(child, f"{prefix}{child.name}.")
        elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from _named(child, f"{prefix}{child.name}.<locals>.")
        elif not isinstance(child, ast.Lambda):
            yield from _named(child, prefix)


def statement_of(source: str, title: str) -> tuple[ast.stmt | None, str]:
    """Give the one statement that `source` holds, None for another number, and the plain text.

    The indentation of the first line is taken off all lines, but for those inside strings.
    Raises `SourceError` where it is not Python.
    """
    text = source.replace("\r\n", "\n").replace("\r", "\n").strip("\n").rstrip()
    lines = text.split("\n")
    margin = lines[0][: len(lines[0]) - len(lines[0].lstrip())]
    if margin:
        tree = parse(f"if 1:\n{text}\n", title, -1)
        inside = _lines_in_strings(tree)
        lines = [
            line if number in inside else line.removeprefix(margin)
            for number, line in enumerate(lines, start=1)
        ]
        text = "\n".join(lines)
    body = parse(text, title, 0).body
    return (body[0] if len(body) == 1 else None), text


def indented(text: str, indent: str, title: str) -> str:
    """Give `text` with `indent` before each line that is not blank and not inside a string."""
    if not indent:
        return text
    inside = _lines_in_strings(parse(text, title, 0))
    return "\n".join(
        line if number in inside or not line.strip() else indent + line
        for number, line in enumerate(text.split("\n"), start=1)
    )


def _lines_in_strings(tree: ast.AST) -> frozenset[int]:
    """Give the lines that begin inside a string; their white space belongs to its value."""
    found: set[int] = set()
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str | bytes)
        if is_text or type(node).__name__ in {"JoinedStr", "TemplateStr"}:
            first, end = getattr(node, "lineno", 0), getattr(node, "end_lineno", 0)
            found.update(range(first + 1, end + 1))
    return frozenset(found)


def replaced(text: str, place: Place, new: str) -> str:
    """Give `text` with `new` in place of the lines of `place`."""
    lines = text.split("\n")
    return "\n".join([*lines[: place.first - 1], new, *lines[place.end :]])


def replaced_bytes(data: bytes, place: Place, new: str, file: str) -> bytes:
    """Give the bytes of a file with `new` in place of the lines of `place`.

    The encoding, the byte order mark and the kind of newlines stay what they are there.
    """
    mark, data = (BOM, data[len(BOM) :]) if data.startswith(BOM) else (b"", data)
    lines = data.splitlines(keepends=True)
    old = lines[place.first - 1 : place.end]
    newline = newline_of(old) or newline_of(lines) or "\n"
    body = encoded(new.replace("\n", newline), encoding_of(data), file)
    tail = old[-1][len(old[-1].rstrip(b"\r\n")) :] if old else b""
    return b"".join([mark, *lines[: place.first - 1], body, tail, *lines[place.end :]])


def newline_of(lines: list[bytes]) -> str:
    """Give the newline that the first of `lines` ends with, empty for none."""
    first = lines[0] if lines else b""
    return first[len(first.rstrip(b"\r\n")) :].decode("ascii")


def encoded(text: str, encoding: str, file: str) -> bytes:
    """Give the bytes of `text`; raise `SourceError` where `encoding` lacks a character."""
    try:
        return text.encode(encoding)
    except UnicodeEncodeError as error:
        line = text.count("\n", 0, error.start) + 1
        message = f"the file is {encoding}, which has no {text[error.start]!r}"
        raise SourceError(message, file=file, line=line, slug="encoding") from error


def encoded_source(text: str, file: str) -> bytes:
    """Give a whole source text as the bytes of a file, in the encoding that it declares."""
    return encoded(text, encoding_of(text.encode("utf-8", "replace")), file)
