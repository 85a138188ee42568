"""One session for the prompt that this process has: finds out which one, and begins.

The session is the only state; `begin` may be called again and changes nothing then.
"""

from __future__ import annotations

import builtins
import sys
from typing import Any

from livepatch import api
from livepatch.ext.session import PromptSession

_session: PromptSession | None = None


def namespace() -> dict[str, Any]:
    """Give the names that the prompt works with."""
    return vars(sys.modules["__main__"])


def _shell() -> Any:
    """Give IPython's shell, None where this is none."""
    find = getattr(builtins, "get_ipython", None)
    return find() if callable(find) else None


def begin() -> PromptSession:
    """Give the session, begun and told of each input by the prompt that there is."""
    global _session  # noqa: PLW0603  a process has one prompt
    shell = _shell()
    if shell is not None:
        from livepatch.ext import ipython  # noqa: PLC0415  only inside IPython

        return ipython.load(shell)
    if _session is not None:
        return _session
    from livepatch.ext import prompt  # noqa: PLC0415  not needed inside IPython

    session = _session = PromptSession(namespace=namespace)
    repl = _ptpython()
    if repl is not None:
        prompt.hook_ptpython(session, repl)
        session.start()
    else:
        prompt.hook_python(session)
        session.start(background=True)
    return session


def _ptpython() -> Any:
    """Give ptpython's repl, None where this is none."""
    find = vars(sys.modules["__main__"]).get("get_ptpython")
    if find is None and "ptpython" in sys.modules:
        from livepatch.runtime import frames  # noqa: PLC0415  only inside ptpython

        for _, frame in frames.stacks():
            find = find or frame.f_globals.get("get_ptpython")
    return find() if callable(find) else None


def prepare_prompt(*, alone: bool) -> None:
    """Have a session for the prompt that is about to appear.

    It reports before each prompt; what the watch wrote to the terminal so far, it writes no more.
    A prompt `alone` has the name `session`; one inside a program has the program's names only.
    """
    for watch in api.watches():
        watch.hush()
    session = begin()
    if alone:
        vars(sys.modules["__main__"])["session"] = session
