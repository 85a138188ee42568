"""The sub-commands: one table, from a word to the function that carries it out.

A later part adds a line to `COMMANDS`; nothing else has to change, `--help` included. The
function is named by text, so that a run of a program imports no sub-command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import cast


@dataclass(frozen=True, slots=True)
class Command:
    """One sub-command: how it is called, what it does, and where it lives.

    `function` is `module:name`; it takes the words after the sub-command and returns the
    exit status.
    """

    usage: str
    summary: str
    function: str


COMMANDS: Mapping[str, Command] = {}


def carry_out(command: Command, arguments: Sequence[str]) -> int:
    """Import the function of `command`, call it with `arguments`, give its exit status."""
    module, _, name = command.function.partition(":")
    function = cast("Callable[[Sequence[str]], int]", getattr(import_module(module), name))
    return function(arguments)
