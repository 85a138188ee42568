"""Which statements of a text compute something from given names: found without a whole parse."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from contextlib import suppress
from functools import lru_cache

from livepatch.source import words
from livepatch.source.statement_uses import Use, uses_in

SHORT = 400  # characters of a statement whose uses are kept for the next time
QUOTES = ('"', "'")  # what the docstring of a module begins with
REACH = 400  # lines that a statement is looked for below the line that mentions a name


def uses_of(
    text: str, names: AbstractSet[str], attributes: AbstractSet[str] = frozenset()
) -> Iterator[Use]:
    """Give the top-level and class-level statements of `text` that mention one of `names`.

    Of those that mention one of `attributes` alone, the top-level ones that are on one line.
    """
    names, attributes = words.candidates(names, text), words.candidates(attributes, text)
    found = {at for name in names if name for at in _mentions(text, name)}
    found.update(at for name in attributes for at in _of_attribute(text, name))
    places = sorted(found)
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
        end, uses = _uses_from(lines, start, line)
        done = max(end, line + 1)
        yield from uses


def is_mentioned(text: str, name: str) -> bool:
    """Tell whether `text` mentions `name` anywhere but where it defines it."""
    return any(
        not text.endswith(("def ", "class "), 0, at) for at in words.mentions(text, name)
    )


def _mentions(text: str, name: str) -> Iterator[int]:
    """Give where `text` mentions `name`, other than where it defines it."""
    for at in words.mentions(text, name):
        if not text.endswith(("def ", "class "), 0, at) and not _is_in_body(text, at):
            yield at


def _of_attribute(text: str, name: str) -> Iterator[int]:
    """Give where a line that is a statement of its own asks something for `name`."""
    for at in words.mentions(text, name):
        start = text.rfind("\n", 0, at) + 1
        line = text[start : start + 8]
        if text[at - 1 : at] == "." and _starts_statement(line) and line[0] != "@":
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
    return at >= start + len("\n".join(_header_lines(text[start : at + 1].split("\n"))))


def _header_lines(lines: Sequence[str]) -> Sequence[str]:
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


def _uses_from(lines: list[str], start: int, line: int) -> tuple[int, Sequence[Use]]:
    """Give where the statement ends that starts at `start` and reaches over `line`, and its uses."""
    first = end = _next_start(lines, line)
    if lines[start].startswith(QUOTES) and not any(";" in each for each in lines[start:end]):
        return end, ()  # a text, mostly a docstring: nobody keeps what comes of it
    if re.match(r"(?:async\s+)?def\s", lines[start]):
        header = _header_lines(lines[start : start + REACH])
        for body in ("", " pass"):
            with suppress(SyntaxError):
                return start + len(header), _uses_of("\n".join(header) + body, start)
        return end, ()
    for _ in range(4):
        try:
            return end, _uses_of("\n".join(lines[start:end]), start)
        except SyntaxError:
            if end >= len(lines) or end - start > REACH:
                break
            end = _next_start(lines, end)
    return first, ()  # `line` is in the middle of a text; what follows may be a statement


def _uses_of(text: str, start: int) -> Sequence[Use]:
    """Give the uses of the statements in `text`, which starts `start` lines down in its file."""
    return (_uses_kept if len(text) <= SHORT else _parsed_uses)(text, start)


def _parsed_uses(text: str, start: int) -> Sequence[Use]:
    return tuple(use for node in ast.parse(text).body for use in uses_in(node, "", start))


# Most statements are asked about again with the next patch.
_uses_kept = lru_cache(maxsize=500)(_parsed_uses)


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
