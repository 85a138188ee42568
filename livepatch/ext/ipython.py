"""`%load_ext livepatch`: saved changes before each cell, the magic `%livepatch`, live cells."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from typing import Any

from livepatch.errors import LivepatchError
from livepatch.ext.cells import HOOK, CellTransformer
from livepatch.ext.session import PromptSession

USAGE = """\
%livepatch                      what is tracked, what is held, what is on disk and not applied
%livepatch on | off             apply saved changes before each cell, or not
%livepatch status               the same as %livepatch
%livepatch diff [N]             what the newest patch, or patch N, changed in the files
%livepatch undo [N] | redo [N]  take back the newest patches, or do them again
%livepatch history              the patches so far
%livepatch apply                apply what is on disk now
%livepatch cells on | off       a function or class defined again keeps its identity, or not
"""


class Extension:
    """The session of one shell, with its events, its magic and its transformer."""

    def __init__(self, shell: Any) -> None:
        """Be loaded nowhere yet."""
        self._shell = shell
        self._names: list[str] = []
        self.session = PromptSession(namespace=lambda: shell.user_ns)
        self._transformer = CellTransformer(lambda: self._names)
        self._verbs: dict[str, Callable[[list[str]], None]] = {
            "on": lambda _: self.session.start(),
            "off": lambda _: self.session.stop(),
            "status": lambda _: self.session.status(),
            "diff": lambda words: self.session.diff(_number(words, None)),
            "undo": lambda words: self._turn(self.session.undo, words),
            "redo": lambda words: self._turn(self.session.redo, words),
            "history": lambda _: self._history(),
            "apply": lambda _: self.session.update(),
            "cells": self._cells,
            "help": lambda _: _say(USAGE),
        }

    def load(self) -> None:
        """Apply before each cell from now on."""
        shell = self._shell
        shell.events.register("pre_run_cell", self._before)
        shell.events.register("post_run_cell", self._after)
        shell.register_magic_function(self.magic, "line", "livepatch")
        self.session.start()

    def unload(self) -> None:
        """Leave the shell as it was."""
        shell = self._shell
        self.session.stop()
        self._switch_cells(on=False)
        shell.events.unregister("pre_run_cell", self._before)
        shell.events.unregister("post_run_cell", self._after)
        shell.magics_manager.magics["line"].pop("livepatch", None)

    def magic(self, line: str) -> None:
        """Look at livepatch and steer it; `%livepatch help` lists the verbs."""
        verb, *words = shlex.split(line) or ["status"]
        act = self._verbs.get(verb)
        if act is None:
            _say(f"livepatch: unknown verb {verb!r}\n{USAGE}")
            return
        try:
            act(words)
        except (LivepatchError, ValueError) as error:
            _say(f"livepatch: {error}\n")

    def _before(self, info: Any) -> None:
        self.session.update()
        if self.session.redefinitions.is_on:
            text = self._shell.transform_cell(info.raw_cell)
            file = self._shell.compile.get_code_name(
                info.raw_cell, text, self._shell.execution_count
            )
            self._names = self.session.redefinitions.read(text, file)

    def _after(self, _result: Any) -> None:
        self._names = []
        self.session.report()

    def _turn(self, verb: Callable[[int], object], words: list[str]) -> None:
        number = _number(words, 1)
        verb(1 if number is None else number)
        self.session.report()

    def _history(self) -> None:
        patches = self.session.history()
        _say("".join(f"{patch!r}\n" for patch in patches) or "no patch yet\n")

    def _cells(self, words: list[str]) -> None:
        if words not in (["on"], ["off"]):
            message = "say %livepatch cells on, or %livepatch cells off"
            raise ValueError(message)
        self._switch_cells(on=words == ["on"])

    def _switch_cells(self, *, on: bool) -> None:
        shell, cells = self._shell, self.session.redefinitions
        if on == cells.is_on:
            return
        cells.is_on = on
        if on:
            shell.user_ns[HOOK] = cells.adopt
            shell.user_ns_hidden[HOOK] = cells.adopt
            shell.ast_transformers.append(self._transformer)
            cells.learn(_earlier_cells(shell))
        else:
            shell.ast_transformers.remove(self._transformer)
            shell.user_ns.pop(HOOK, None)
            shell.user_ns_hidden.pop(HOOK, None)


def _earlier_cells(shell: Any) -> list[str]:
    """Give the texts of the cells that ran before."""
    return [shell.transform_cell(text) for text in shell.history_manager.input_hist_raw[1:-1]]


def _number(words: list[str], default: int | None) -> int | None:
    return int(words[0]) if words else default


def _say(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


_extensions: dict[int, Extension] = {}


def load(shell: Any) -> PromptSession:
    """Load the extension into `shell`, once; give its session."""
    found = _extensions.get(id(shell))
    if found is None:
        found = _extensions[id(shell)] = Extension(shell)
        found.load()
    return found.session


def unload(shell: Any) -> None:
    """Take the extension out of `shell`."""
    found = _extensions.pop(id(shell), None)
    if found is not None:
        found.unload()
