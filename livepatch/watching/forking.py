"""Carries watchers over `os.fork`: halted before it, going on in the parent and in the child.

A thread does not survive a fork, but the locks that it held do. So each watcher thread comes
to its end between two patches first, which also keeps Python from warning about a fork with
threads (3.13 looks after they have begun again, and warns). The child has descriptors that share the
parent's queue of events; it opens its own.
"""

from __future__ import annotations

import os
import weakref
from typing import Protocol


class Forkable(Protocol):
    """Something with a thread that can halt and go on."""

    def halt(self) -> None:
        """End the thread, losing nothing."""

    def resume(self, *, in_child: bool) -> None:
        """Go on as before `halt`; `in_child` says that this is a new process."""


_alive: weakref.WeakSet[Forkable] = weakref.WeakSet()
_registered = False


def carry_over(forkable: Forkable) -> None:
    """Halt and resume `forkable` around every fork, until it is `let_go` or garbage."""
    global _registered  # noqa: PLW0603  the hooks of os are global and cannot be removed
    _alive.add(forkable)
    if not _registered and hasattr(os, "register_at_fork"):
        _registered = True
        os.register_at_fork(
            before=_before, after_in_parent=_after_in_parent, after_in_child=_after_in_child
        )


def let_go(forkable: Forkable) -> None:
    """Leave `forkable` alone at the next fork."""
    _alive.discard(forkable)


def _before() -> None:
    for forkable in list(_alive):
        forkable.halt()


def _after_in_parent() -> None:
    for forkable in list(_alive):
        forkable.resume(in_child=False)


def _after_in_child() -> None:
    for forkable in list(_alive):
        forkable.resume(in_child=True)
