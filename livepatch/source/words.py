"""Names in a text that was not parsed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from typing import Final

MANY: Final = 50
"""So many searches for one name cost about what it takes to find all words of a text."""
WORD: Final = re.compile(r"\w+")


def candidates(names: AbstractSet[str], text: str) -> AbstractSet[str]:
    """Give those of `names`, which are identifiers, that `text` may have; the rest it has not.

    Many of them cost no more than all words of the text do.
    """
    return names if len(names) <= MANY else names & set(WORD.findall(text))


def mentions(text: str, name: str) -> Iterator[int]:
    """Give the offsets at which `text` has `name` as a whole word; none for an empty one.

    Not by a regular expression: one that begins with a boundary reads every character.
    """
    at = text.find(name) if name else -1
    while at >= 0:
        end = at + len(name)
        if not (_is_of_name(text[at - 1 : at]) or _is_of_name(text[end : end + 1])):
            yield at
        at = text.find(name, end)


def _is_of_name(character: str) -> bool:
    return character.isalnum() or character == "_"
