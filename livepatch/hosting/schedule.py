"""Runs of scripts by the clock, from cron expressions; the one user of APScheduler."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.cron import CronTrigger

from livepatch.errors import UsageError


@dataclass(frozen=True, slots=True)
class ScheduledRun:
    """One entry of the schedule; `number` names it."""

    number: str
    name: str
    cron: str
    callback: str
    arguments: tuple[Any, ...]
    timeout: float | None


class Schedule:
    """Calls `run` with each entry when its time has come, in threads of its own.

    A run that is still going on when the next is due makes that one wait for its own next time.
    """

    def __init__(self, run: Callable[[ScheduledRun], object]) -> None:
        """Have no entries, and no thread before the first."""
        self._run = run
        self._entries: dict[str, ScheduledRun] = {}
        self._scheduler = BackgroundScheduler(daemon=True)
        self._count = 0

    def add(
        self,
        name: str,
        cron: str,
        callback: str,
        arguments: tuple[Any, ...],
        timeout: float | None,
    ) -> ScheduledRun:
        """Add an entry for the five fields of `cron`; raise `UsageError` where these are none."""
        try:
            trigger = CronTrigger.from_crontab(cron)
        except ValueError as error:
            message = f"{cron!r} is no cron expression: {error}"
            raise UsageError(message) from error
        self._count += 1
        entry = ScheduledRun(str(self._count), name, cron, callback, arguments, timeout)
        self._entries[entry.number] = entry
        self._scheduler.add_job(
            self._run, trigger, args=(entry,), id=entry.number, coalesce=True, max_instances=1
        )
        if not self._scheduler.running:
            self._scheduler.start()
        return entry

    def remove(self, number: str) -> None:
        """Take an entry out; one that is not there is no error."""
        self._entries.pop(number, None)
        try:
            self._scheduler.remove_job(number)
        except JobLookupError:
            return

    def entries(self) -> tuple[ScheduledRun, ...]:
        """Give the entries, oldest first."""
        return tuple(self._entries.values())

    def stop(self) -> None:
        """Run nothing more; what runs at this moment ends by itself."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
