"""Responses of WSGI applications that nothing of the program has to run for any more.

A list or a tuple is one. So is what Flask and werkzeug give for a response whose body is a list:
an iterator that encodes its items, and whose `close` calls nothing that was registered.
"""

from __future__ import annotations

import sys
from functools import lru_cache
from types import CodeType
from typing import Any


def is_complete(response: Any) -> bool:
    """Tell whether the server gets the chunks of `response` without a call of the program."""
    kind: type = type(response)
    if kind is list or kind is tuple:
        return True
    return kind.__name__ == "ClosingIterator" and _is_of_list(response)


def _is_of_list(response: Any) -> bool:
    """Tell whether `response` is werkzeug's iterator for a response that has all of its body."""
    try:
        closing, close, encoding = _werkzeug()
        encoded, ending = response._callbacks  # noqa: SLF001  what it calls as it is closed
        whole = ending.__self__
        kind = type(whole.response)
        nothing_left = (
            type(response) is closing
            and (kind is list or kind is tuple)
            and not whole._on_close  # noqa: SLF001
            and ending.__func__ is close
            and encoded.__self__.gi_code is encoding
        )
    except (AttributeError, ValueError):
        return False  # made in another way, or by another version: its session goes on
    return nothing_left


@lru_cache(maxsize=1)
def _werkzeug() -> tuple[type, object, CodeType]:
    """Give what werkzeug's responses are made of: the iterator, `close`, the code that encodes."""
    wsgi: Any = sys.modules.get("werkzeug.wsgi")
    response: Any = sys.modules.get("werkzeug.wrappers.response")
    encoding: CodeType = response._iter_encoded.__code__  # noqa: SLF001
    return wsgi.ClosingIterator, response.Response.close, encoding
