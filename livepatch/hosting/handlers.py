"""What a script is made of, and what a run of it gives: `BaseHandler`, `RunResult`."""

from __future__ import annotations

import datetime as dt
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, ClassVar

from livepatch.errors import UsageError


@dataclass(frozen=True, slots=True)
class SubTask:
    """Work that a run asks for: a callback of a script, with arguments. `script` may be another."""

    script: str
    callback: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class RunResult:
    """What one run did.

    `results` are what the callback returned (unless None), each value it yielded, and what it
    gave to `add_result`. `exception` is what it raised, `traceback` the text with the script's own
    lines, `stdout` what it printed. `duration` is in seconds.
    """

    results: tuple[Any, ...]
    sub_tasks: tuple[SubTask, ...]
    exception: BaseException | None
    traceback: str
    stdout: str
    started: dt.datetime
    duration: float
    script: str = ""
    version: int = 0
    callback: str = ""

    @property
    def ok(self) -> bool:
        """True unless the script raised or was stopped."""
        return self.exception is None


@dataclass(slots=True)
class Run:
    """A run while it lasts."""

    script: str
    results: list[Any] = field(default_factory=list)
    sub_tasks: list[SubTask] = field(default_factory=list)


current_run: ContextVar[Run] = ContextVar("livepatch.run")
"""The run that this thread or task is part of."""


class BaseHandler:
    """The base class of what a script host runs; it makes one instance and keeps it.

    `callbacks` are the methods that may be run from outside.
    """

    callbacks: ClassVar[list[str]] = ["execute", "callback"]

    def execute(self, *arguments: Any) -> Any:
        """Do the work; a script overrides this."""
        raise NotImplementedError

    def callback(self, *arguments: Any) -> Any:
        """Take what came of the work; a script may override this."""

    def add_result(self, result: Any) -> None:
        """Add `result` to those of the run that this is called in."""
        self._run().results.append(result)

    def sub_task(self, callback: str, *arguments: Any, script: str | None = None) -> SubTask:
        """Ask for one run more, of this script or another; it is up to the host's user."""
        run = self._run()
        task = SubTask(script or run.script, callback, arguments)
        run.sub_tasks.append(task)
        return task

    @staticmethod
    def _run() -> Run:
        run = current_run.get(None)
        if run is None:
            message = "results and sub-tasks can only be given in a run"
            raise UsageError(message)
        return run
