"""Commands of click in step with a patch: removed ones leave their groups, help texts follow.

A decorator of click that runs again registers its command with the group at once. Here such
registrations become writes of the transaction: they hold with the commit, and an undo takes them
back.
"""

from __future__ import annotations

import click

from livepatch.model import MISSING, Action, Edit, Write, WriteKind
from livepatch.patching.registering import Carrier, Step, may_register
from livepatch.runtime import classes

AGAIN = frozenset({"docstring", "name"})
"""Parts of a function that a command copies when it is made."""


def registrar(carrier: Carrier) -> Commands:
    """Give the registrar of one transaction."""
    return Commands(carrier)


def _is_command(value: object) -> bool:
    return issubclass(type(value), click.Command)  # `isinstance` would ask a proxy


def _is_concerned(step: Step) -> bool:
    definitions = (d for d in (step.edit.old, step.edit.new) if d is not None)
    return _is_command(step.value) or any(map(may_register, definitions))


class Commands:
    """Keeps the groups of the process in step with one transaction."""

    def __init__(self, carrier: Carrier) -> None:
        """Look at no group yet."""
        self._carrier = carrier
        self._before: list[tuple[click.Group, dict[str, click.Command]]] = []
        self._final: dict[int, tuple[object, object]] = {}

    def open(self, steps: list[Step]) -> frozenset[int]:
        """Take removed and renamed commands out; give the edits whose decorators run again."""
        if not any(map(_is_concerned, steps)):
            return frozenset()  # the heap is not searched for groups
        self._before = [
            (group, dict(group.commands))
            for group in classes.instances_of(*classes.subclasses_of(click.Group))
            if isinstance(group, click.Group) and hasattr(group, "commands")  # __init__ was run
        ]
        again = set()
        for step in steps:
            if not _is_command(step.value):
                continue
            if step.edit.action in {Action.REMOVE, Action.RENAME}:
                self._take_out(step.value)
            if step.edit.parts & AGAIN:
                again.add(id(step.edit))
        return frozenset(again)

    def _take_out(self, command: object) -> None:
        for group, _ in self._before:
            for name in [name for name, each in group.commands.items() if each is command]:
                del group.commands[name]

    def has_taken_back(self, edit: Edit) -> bool:
        """Tell nothing of statements: they register no commands that could be told apart."""
        del edit
        return False

    def adopt(self, old: object, new: object) -> bool:
        """Leave objects as they are; what decorators make is taken over elsewhere."""
        del old, new
        return False

    def replaced(self, made: object, final: object) -> None:
        """Have `final` registered where `made` is."""
        self._final[id(made)] = (made, final)  # an id is only good while the object lives

    def finish(self) -> None:
        """Turn what was registered meanwhile into writes of the transaction."""
        for group, before in self._before:
            after = {
                name: self._final.get(id(command), (None, command))[1]
                for name, command in group.commands.items()
            }
            group.commands.clear()
            group.commands.update(before)
            self._carrier.add(
                Write(WriteKind.ITEM, group.commands, name, after.get(name, MISSING))
                for name in {**before, **after}
                if before.get(name, MISSING) is not after.get(name, MISSING)
            )
        self._before = []

    def close(self) -> None:
        """Let the groups be as before where the transaction did not get to its end."""
        for group, before in self._before:
            group.commands.clear()
            group.commands.update(before)
        self._before = []
