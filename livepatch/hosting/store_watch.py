"""The thread that follows a script store: told by PostgreSQL, asking elsewhere."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

from livepatch.errors import StoreError
from livepatch.hosting.journal import Journal
from livepatch.hosting.store import Listener, ScriptStore
from livepatch.watching import forking
from livepatch.watching.background import await_exit

_HALT_LIMIT: Final = 5.0
_NET: Final = 30.0
"""Seconds between looks at a database that tells of changes itself."""


class StoreWatch:
    """Calls `refresh` whenever the store may have changed, from its own thread.

    A store that goes away is told of once, and looked for every `interval` seconds.
    """

    def __init__(
        self,
        store: ScriptStore,
        refresh: Callable[[], object],
        *,
        interval: float,
        journal: Journal,
    ) -> None:
        """Have the thread running."""
        self._store = store
        self._refresh = refresh
        self._interval = interval
        self._journal = journal
        self._stopping = threading.Event()
        self._lock = threading.Lock()  # guards _listener
        self._listener: Listener | None = None
        self._thread: threading.Thread | None = None
        self.resume(in_child=False)
        forking.carry_over(self)

    def stop(self) -> None:
        """End the thread; a refresh in progress is waited for, five seconds at most."""
        forking.let_go(self)
        self.halt()

    def halt(self) -> None:
        """End the thread and its connection, in this process."""
        self._stopping.set()
        with self._lock:
            if self._listener is not None:
                self._listener.wake()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(_HALT_LIMIT)
            await_exit(self._thread)

    def resume(self, *, in_child: bool) -> None:
        """Have a thread again; in the child of a fork it opens a connection of its own."""
        if in_child:
            self._lock = threading.Lock()
            self._listener = None
        self._stopping = stopping = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(stopping,), name="livepatch-scripts", daemon=True
        )
        self._thread.start()

    def _run(self, stopping: threading.Event) -> None:
        is_away = False
        while not stopping.is_set():
            try:
                self._listen(stopping)
                self._refresh()
                if is_away:
                    is_away = False
                    self._journal.note("%s is back", self._store)
                self._wait(stopping)
            except StoreError as error:
                self._drop_listener()
                if not is_away:
                    is_away = True
                    self._journal.warn("%s; what is loaded goes on", error)
                stopping.wait(self._interval)
            except Exception as error:  # noqa: BLE001  the thread is a boundary; all is told
                self._journal.failure("the host goes on after an error", error=error)
                stopping.wait(self._interval)
        self._drop_listener()

    def _listen(self, stopping: threading.Event) -> None:
        """Begin to be told before the look: what changes after it is not missed."""
        if self._listener is None:
            listener = self._store.listen()
            with self._lock:
                self._listener = listener
            if stopping.is_set() and listener is not None:
                listener.wake()

    def _wait(self, stopping: threading.Event) -> None:
        if self._listener is None:
            stopping.wait(self._interval)
        else:
            self._listener.wait(_NET)

    def _drop_listener(self) -> None:
        with self._lock:
            listener, self._listener = self._listener, None
        if listener is not None:
            listener.close()
