"""The thread of a host: calls `look` when something under its folders happened.

File events only say *look now*; a look every `interval` seconds finds what no event told of
(network drives, a folder that was away). So a missed event costs time, never a change.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from livepatch.watching import forking
from livepatch.watching.background import await_exit, block_signals, restore_signals
from livepatch.watching.events import Observer
from livepatch.watching.gitlock import GitLocks
from livepatch.watching.observer import WakeOnlyObserver, open_observer

_SETTLE: Final = 0.02
_PATIENCE: Final = 1.0
_GIT_CHECK: Final = 0.05
_HALT_LIMIT: Final = 5.0


class Lookout:
    """Calls `look` in a thread of its own, after events and at least every `interval` seconds.

    `look` may be called at any time and does nothing where nothing changed; what it raises is
    told to `warn`, and the thread goes on. `relevant` tells which paths are of interest.
    """

    def __init__(
        self,
        look: Callable[[], object],
        *,
        interval: float,
        relevant: Callable[[str], bool],
        warn: Callable[[str], None],
        events: bool = True,
    ) -> None:
        """Have no thread yet; without `events` only the interval counts."""
        self._look = look
        self._interval = interval
        self._relevant = relevant
        self._warn = warn
        self._events = events
        self._lock = threading.Lock()  # guards _folders and _observer
        self._folders: dict[str, bool] = {}
        self._observer: Observer = WakeOnlyObserver()
        self._halting = threading.Event()
        self._thread: threading.Thread | None = None
        self._again: float | None = None
        self._git = GitLocks()
        self._mask: frozenset[int] | None = None

    def start(self) -> None:
        """Have the thread running, and the folders covered."""
        self._open()
        self._launch()
        forking.carry_over(self)

    def stop(self) -> None:
        """Have no thread any more; a look in progress is waited for, five seconds at most."""
        forking.let_go(self)
        self.halt()
        with self._lock:
            self._observer.close()
            self._observer = WakeOnlyObserver()

    def add_folder(self, folder: str) -> None:
        """Have events of `folder` from now on, or as soon as it exists."""
        with self._lock:
            if folder not in self._folders:
                self._folders[folder] = False
                self._cover()

    def keep_folders(self, folders: Iterable[str]) -> None:
        """Cover `folders` and no others; those that went are covered anew when they come back."""
        wanted = set(folders)
        with self._lock:
            self._folders = {name: self._folders.get(name, False) for name in wanted}
            self._cover()

    def look_again(self, delay: float) -> None:
        """Have one look more after `delay` seconds; only `look` itself may ask for that."""
        self._again = time.monotonic() + delay

    def halt(self) -> None:
        """End the thread between two looks."""
        thread = self._thread
        self._halting.set()
        if thread is not None and thread is not threading.current_thread():
            self._observer.wake()
            thread.join(_HALT_LIMIT)
            await_exit(thread)

    def resume(self, *, in_child: bool) -> None:
        """Go on after `halt`; in a child process with an observer of its own.

        Where `look` itself forks, the parent's thread goes on; the child's ends with the look.
        """
        is_ours = self._thread is threading.current_thread()
        if in_child:
            self._lock = threading.Lock()
            self._observer.close()
            self._open()
        elif is_ours:
            self._halting.clear()
            return
        self._launch()

    def _open(self) -> None:
        observer: Observer = WakeOnlyObserver()
        if self._events:
            try:
                observer = open_observer()
            except OSError as error:
                self._warn(
                    f"no file events ({error}); a look every {self._interval:g} s instead"
                )
        with self._lock:
            self._observer = observer
            self._folders = dict.fromkeys(self._folders, False)
            self._cover()

    def _cover(self) -> None:
        """Watch the folders that are not watched yet, as far as they exist."""
        for folder, covered in self._folders.items():
            if not covered:
                try:
                    self._observer.add_folder(folder)
                except OSError:
                    continue  # not there, or no watch to be had: the interval finds its changes
                self._folders[folder] = True

    def _launch(self) -> None:
        # An event for each thread: one whose look outlasts `halt` still ends after it.
        self._halting = halting = threading.Event()
        self._thread = threading.Thread(
            target=self._run, args=(halting,), name="livepatch-host", daemon=True
        )
        self._thread.start()

    def _run(self, halting: threading.Event) -> None:
        self._mask = block_signals()
        while not halting.is_set():
            self._wait(halting)
            if halting.is_set():
                return
            self._again = None
            with self._lock:
                self._cover()
            restore_signals(self._mask)
            try:
                self._look()
            except Exception:  # noqa: BLE001  the thread is a boundary; all is told
                import traceback  # noqa: PLC0415

                self._warn(f"the host goes on after an error:\n{traceback.format_exc()}")
            finally:
                block_signals()

    def _wait(self, halting: threading.Event) -> None:
        """Return when it is time for a look."""
        due = time.monotonic() + self._interval
        while not halting.is_set():
            until = due if self._again is None else min(due, self._again)
            left = until - time.monotonic()
            if left <= 0 or self._is_due(left):
                break
        else:
            return
        limit = time.monotonic() + _PATIENCE
        while self._is_due(_SETTLE) and time.monotonic() < limit:
            pass
        while not halting.is_set() and self._is_git_busy():
            halting.wait(_GIT_CHECK)

    def _is_due(self, seconds: float) -> bool:
        """Wait for events, `seconds` at most; say whether one of them matters."""
        paths = [event.path for event in self._observer.wait(seconds)]
        with self._lock:
            for path in paths:
                if path in self._folders:
                    self._folders[path] = False
        return any(map(self._relevant, paths))

    def _is_git_busy(self) -> bool:
        with self._lock:
            inside = [f"{folder}/." for folder in self._folders]
        self._git.forget()
        return self._git.held(inside) is not None
