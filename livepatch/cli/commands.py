"""The sub-commands: one table, from a word to the function that carries it out.

A later part adds a line to `COMMANDS`; nothing else has to change, `--help` included. The
function is named by text, so that a run of a program imports no sub-command.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, cast


class Command(NamedTuple):
    """One sub-command: how it is called, what it does, and where it lives.

    `function` is `module:name`; it takes the words after the sub-command and returns the
    exit status.
    """

    usage: str
    summary: str
    function: str


_PROCESS = "livepatch.cli.process"

COMMANDS: Mapping[str, Command] = {
    "ps": Command("ps", "list the processes that can be controlled", f"{_PROCESS}:ps"),
    "status": Command(
        "status PID", "what runs there, what is watched, what is held", f"{_PROCESS}:status"
    ),
    "history": Command(
        "history PID [-n N]", "its patches, one line each", f"{_PROCESS}:history"
    ),
    "diff": Command(
        "diff PID [N]", "what its newest patch, or patch N, changed", f"{_PROCESS}:diff"
    ),
    "undo": Command(
        "undo PID [N]", "take back its newest patch, or the newest N", f"{_PROCESS}:undo"
    ),
    "redo": Command("redo PID [N]", "do again what was undone", f"{_PROCESS}:redo"),
    "apply": Command("apply PID [PATH...]", "apply what is on disk now", f"{_PROCESS}:apply"),
    "watch": Command("watch PID", "print each patch as it happens", f"{_PROCESS}:watch"),
    "drift": Command(
        "drift PID [PATH...]", "where its code and the files differ", f"{_PROCESS}:drift"
    ),
    "attach": Command(
        "attach PID [-w PATH]",
        "start livepatch in it (Python 3.14 or newer)",
        f"{_PROCESS}:attach",
    ),
    "check": Command(
        "check [--json] FILE...", "what saving the file would do", "livepatch.cli.check:main"
    ),
    "scripts": Command(
        "scripts VERB",
        "keep scripts in a database and run them: put, list, run, ...",
        "livepatch.hosting.command:main",
    ),
}


def carry_out(command: Command, arguments: Sequence[str]) -> int:
    """Import the function of `command`, call it with `arguments`, give its exit status."""
    from importlib import import_module  # noqa: PLC0415  a run of a program needs no sub-command

    module, _, name = command.function.partition(":")
    function = cast("Callable[[Sequence[str]], int]", getattr(import_module(module), name))
    return function(arguments)
