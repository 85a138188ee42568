"""Responses of WSGI applications that nothing of the program has to run for any more.

A list or a tuple is one. So is what Flask and werkzeug give for a response whose body is a list:
an iterator that encodes its items, and whose `close` calls nothing that was registered.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import CodeType
from typing import Any

Parts = tuple[object, object, CodeType | None]
UNKNOWN: Parts = (object(), None, None)


def is_complete(response: Any, environ: Mapping[str, Any]) -> bool:
    """Tell whether the server gets the chunks of `response` without a call of the program."""
    kind: type = type(response)
    if kind is list or kind is tuple:
        return True
    if kind.__name__ == "ClosingIterator":
        return _is_of_list(response)
    wrapper = environ.get("wsgi.file_wrapper")  # what the server itself reads from a file
    return type(wrapper) is type and isinstance(response, wrapper)


def _is_of_list(response: Any) -> bool:
    """Tell whether `response` is werkzeug's iterator for a response that has all of its body."""
    closing, close, encoding = werkzeug_parts()
    try:
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


def werkzeug_parts() -> Parts:
    """Give what werkzeug's responses are made of: the iterator, `close`, the code that encodes.

    Where werkzeug is not there, or is another than is known, these are equal to nothing.
    """
    wsgi: Any = sys.modules.get("werkzeug.wsgi")
    response: Any = sys.modules.get("werkzeug.wrappers.response")
    try:
        encoding: CodeType = response._iter_encoded.__code__  # noqa: SLF001
        parts = wsgi.ClosingIterator, response.Response.close, encoding
    except AttributeError:
        return UNKNOWN
    return parts
