"""Whom a host tells what happened: `logging`, a file of its own if asked, and callbacks."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from typing import Generic, TypeVar

LOGGER = "livepatch.hosting"
FORMAT = "%(asctime)s %(levelname)s %(message)s"

Event = TypeVar("Event")
Log = str | os.PathLike[str] | logging.Logger | None


class Journal:
    """Writes to the logger `livepatch.hosting`, and to a file beside it where `log` names one.

    A logger of the caller's takes the place of both. The one of the file is in no table of
    `logging`: a thousand hosts leave nothing behind.
    """

    def __init__(self, log: Log) -> None:
        """Open nothing yet; a file comes into being with its first line."""
        self._file: logging.FileHandler | None = None
        if isinstance(log, logging.Logger):
            self._loggers = [log]
            return
        self._loggers = [logging.getLogger(LOGGER)]
        if log is not None:
            own = logging.Logger(LOGGER, logging.INFO)  # noqa: LOG001  the table keeps for ever
            own.propagate = False
            self._file = logging.FileHandler(os.fspath(log), encoding="utf-8", delay=True)
            self._file.setFormatter(logging.Formatter(FORMAT))
            own.addHandler(self._file)
            self._loggers.append(own)

    def note(self, message: str, *values: object) -> None:
        """Write what went as it should."""
        for logger in self._loggers:
            logger.info(message, *values)

    def warn(self, message: str, *values: object) -> None:
        """Write what was refused or went wrong."""
        for logger in self._loggers:
            logger.warning(message, *values)

    def failure(self, message: str, *values: object, error: BaseException) -> None:
        """Write what went wrong, with the traceback of `error`."""
        for logger in self._loggers:
            logger.warning(message, *values, exc_info=error)

    def close(self) -> None:
        """Close the file; a later line opens it again."""
        if self._file is not None:
            self._file.close()


class Listeners(Generic[Event]):
    """Callbacks that are told of events; one that raises is logged and hurts nobody."""

    def __init__(self, journal: Journal) -> None:
        """Have none yet."""
        self._journal = journal
        self._callbacks: list[Callable[[Event], object]] = []

    def add(self, callback: Callable[[Event], object]) -> Callable[[], None]:
        """Call `callback` from now on; gives what ends that."""
        self._callbacks.append(callback)

        def remove() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return remove

    def tell(self, event: Event) -> None:
        """Call them all."""
        for callback in list(self._callbacks):
            try:
                callback(event)
            except Exception as error:  # noqa: BLE001  a hook is a boundary
                self._journal.failure("a callback raised", error=error)
