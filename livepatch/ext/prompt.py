"""Where a session is told that an input comes or a prompt follows: python, ptpython, consoles.

Each way in hands back what takes it out again. The classic prompt of python is C code and asks
only for `str(sys.ps1)`; its newer one, and all consoles of the module `code`, run each input
through `runcode`; ptpython evaluates through methods of one object.
"""

from __future__ import annotations

import code
import sys
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

from livepatch.ext.session import PromptSession

Undo = Callable[[], None]
HELD = "[held] "


class Prompt(str):  # noqa: SLOT000  two attributes, one object
    """A prompt that is also a text: `str()` of it, which python takes each time, calls `ready`."""

    _usual: object
    _ready: Callable[[], str]

    def __new__(cls, text: str, usual: object, ready: Callable[[], str]) -> Prompt:  # noqa: PYI034
        """Make a text `text` whose `str()` is what `ready` gives, and the text of `usual`."""
        made = super().__new__(cls, text)
        made._usual = usual
        made._ready = ready
        return made

    def __str__(self) -> str:
        """Get ready for the next input; give the prompt for it."""
        return self._ready() + str(self._usual)


def hook_python(session: PromptSession) -> Undo:
    """Have python's own prompts, and consoles of the module `code`, tell the session."""
    usual: object = getattr(sys, "ps1", ">>> ")

    def ready() -> str:
        session.after()
        return HELD if session.held else ""

    def show() -> None:
        """Let the newer prompt, which takes the text as it is, show whether a file is held."""
        if isinstance(sys.ps1, Prompt):
            text = (HELD if session.held else "") + str(usual)
            sys.ps1 = Prompt(text, usual, ready)

    sys.ps1 = Prompt(str(usual), usual, ready)
    undo = hook_consoles(session, show)

    def remove() -> None:
        undo()
        if isinstance(sys.ps1, Prompt):
            sys.ps1 = usual

    return remove


def hook_consoles(session: PromptSession, show: Callable[[], None]) -> Undo:
    """Have every console class of the module `code` tell the session around each input."""
    wrapped = [(cls, vars(cls)["runcode"]) for cls in _console_classes()]
    depth = [0]

    def wrapper(original: Callable[[Any, CodeType], Any]) -> Callable[[Any, CodeType], Any]:
        def runcode(console: Any, compiled: CodeType) -> Any:
            if depth[0]:
                return original(console, compiled)
            depth[0] = 1
            session.before()
            try:
                return original(console, compiled)
            finally:
                depth[0] = 0
                session.after()
                show()

        return runcode

    for cls, original in wrapped:
        _set_runcode(cls, wrapper(original))

    def remove() -> None:
        for cls, original in wrapped:
            _set_runcode(cls, original)

    return remove


def _set_runcode(cls: Any, runcode: object) -> None:
    cls.runcode = runcode


def _console_classes() -> Iterator[type[code.InteractiveInterpreter]]:
    """Give the console classes that there are and that run inputs in a way of their own."""
    pending: list[type[code.InteractiveInterpreter]] = [code.InteractiveInterpreter]
    while pending:
        cls = pending.pop()
        if "runcode" in vars(cls):
            yield cls
        pending.extend(cls.__subclasses__())


def hook_ptpython(session: PromptSession, repl: Any) -> Undo:
    """Have ptpython's `repl` tell the session around each input, and show what is held."""
    names = ("eval", "eval_async")

    def evaluate(line: str) -> Any:
        session.before()
        try:
            return type(repl).eval(repl, line)
        finally:
            session.after()

    async def evaluate_async(line: str) -> Any:
        session.before()
        try:
            return await type(repl).eval_async(repl, line)
        finally:
            session.after()

    repl.eval, repl.eval_async = evaluate, evaluate_async
    style = repl.all_prompt_styles[repl.prompt_style]
    in_prompt = style.in_prompt

    def marked() -> Any:
        from prompt_toolkit.formatted_text import (  # noqa: PLC0415  ptpython has it
            merge_formatted_text,
        )

        parts = [HELD, in_prompt()] if session.held else [in_prompt()]
        return merge_formatted_text(parts)

    style.in_prompt = marked

    def remove() -> None:
        for name in names:
            vars(repl).pop(name, None)
        vars(style).pop("in_prompt", None)

    return remove
