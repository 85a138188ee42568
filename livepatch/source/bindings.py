"""Whether the top level of a text seems to bind a name: by the looks of its lines, unparsed.

A line that only looks so (in a string, say) costs a whole parse and nothing else.
"""

from __future__ import annotations

import re

from livepatch.source import words

STORES = re.compile(r"[ \t)\]]*(?::=?(?!:)|(?:[-+*%@&|^]|//?|\*\*|<<|>>)?=(?!=))")
LISTED = re.compile(r"[ \t)\]]*(?:,|(?:#.*)?$)")
BINDERS = re.compile(
    r"[ \t]*(?:(?:async[ \t]+)?(?:def|for|with)|class|import|from|type|del|case|match)\b"
)
DEFINERS = re.compile(r"[ \t]*(?:(?:async[ \t]+)?def|class|type)[ \t]+$")
OPENERS = re.compile(
    r"(?:if|elif|else|try|except|finally|for|while|with|match|async[ \t]+(?:for|with)"
    r"|from|import)\b|\("
)


def seems_to_bind(text: str, name: str) -> bool:
    """Tell whether some statement at the top level of `text` may bind `name`."""
    return any(
        text[at - 1 : at] != "." and _binds(text, at, at + len(name))
        for at in words.mentions(text, name)
    )


def _binds(text: str, at: int, end: int) -> bool:
    start = text.rfind("\n", 0, at) + 1
    stop = text.find("\n", end)
    lead, rest = text[start:at], text[end : stop if stop >= 0 else len(text)]
    if lead[:1] in {" ", "\t"} and not _lies_in_compound(text, start):
        return False
    binder = BINDERS.match(lead)
    if binder is not None:
        keyword = binder.group().split()[-1]
        return keyword not in {"def", "class", "type"} or DEFINERS.match(lead) is not None
    if ":=" in rest[:4] or lead.rstrip().endswith((" as", ")as")):
        return True
    if rest.lstrip()[:1] == ":" and lead.strip():
        return False  # the end of a header, a slice or an entry of a dictionary
    if "(" in lead.lstrip("( \t"):
        return False  # an argument
    listed = "=" not in lead and LISTED.match(rest) is not None
    return listed or STORES.match(rest) is not None


def _lies_in_compound(text: str, start: int) -> bool:
    """Tell whether the indented line at `start` lies in a compound statement, not a scope."""
    while start > 0:
        start = text.rfind("\n", 0, start - 1) + 1
        if text[start] not in " \t\n\r#)]}":
            return OPENERS.match(text, start) is not None
    return False
