"""The thread that waits for saves and calls `apply`: one thread from the event to the patch.

One pass is `step`: wait for events, note which tracked files they are about, apply the batch
once it is quiet and git is not busy. After a fork the child has a thread and a queue of its
own; files that changed in between are looked at.
"""

# ruff: noqa: PTH100, PTH120
# (pathlib would add 3 ms to the start of every program)
from __future__ import annotations

import atexit
import os
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable
from typing import Final

from livepatch.watching import background, forking, polling
from livepatch.watching.events import FileEvent, Observer
from livepatch.watching.folders import Folders
from livepatch.watching.gitlock import GitWait
from livepatch.watching.observer import WakeOnlyObserver, open_observer
from livepatch.watching.polling import Poller, seconds_since_written
from livepatch.watching.quiet import BREATH, Quiet
from livepatch.watching.targets import Targets

_DEFAULT_POLL: Final = 1.0
_ROUNDS: Final = 20
_HALT_LIMIT: Final = 5.0
_NOISE: Final = 20
_SETTLING: Final = 1.0  # seconds: until then a program needs its time to start


class Watcher:
    """Calls `apply` with the real paths of the tracked files that may have changed."""

    def __init__(  # noqa: PLR0913  the last four exist for tests
        self,
        *,
        apply: Callable[[frozenset[str]], object],
        tracked: Callable[[str], bool],
        warn: Callable[[str], None],
        debounce: float = 0.05,
        poll: float | None = None,
        observer: Callable[[], Observer] = open_observer,
        clock: Callable[[], float] = time.monotonic,
        finished: Callable[[str], float | None] = seconds_since_written,
        excess: Callable[[], float] = background.excess_load,
        prepare: Iterable[object] = (),
    ) -> None:
        """Have no thread yet; with `poll` look so often; iterate over `prepare` when idle."""
        self._apply = apply
        self._warn = warn
        self._poll = poll
        self._open = observer
        self._clock = clock
        self._finished = finished
        self._excess = excess
        self._chores = background.Chores(prepare, due=clock() + _SETTLING)
        self._since = time.time()
        # Guards _targets, _wanted, _folders, _observer and _thread; never held in `wait` or `apply`.
        self._lock = threading.RLock()
        self._targets = Targets(tracked)
        self._wanted: set[str] = set()
        self._observer: Observer = WakeOnlyObserver()
        self._folders: Folders | None = None
        self._thread: threading.Thread | None = None
        self._halting = threading.Event()
        self._stopped = False
        # The rest belongs to the thread alone, but for `_asked`, whose ends are atomic.
        self._asked: deque[FileEvent] = deque()
        self._quiet = Quiet(debounce=debounce)
        self._poller = Poller()
        self._next_poll = 0.0
        self._git = GitWait(warn)
        self._batch: frozenset[str] = frozenset()
        self._rounds = 0
        self._noise = 0
        self._noise_time = 0.0
        self._mask: frozenset[int] | None = None

    def start(self) -> None:
        """Have every folder covered and the thread running; a second call changes nothing."""
        with self._lock:
            self._stopped = False
            if self._folders is None:
                self.cover()
            self._launch()
        forking.carry_over(self)
        # A daemon thread that writes a report while the interpreter ends can abort the process.
        atexit.unregister(self.halt)
        atexit.register(self.halt)

    def stop(self) -> None:
        """Have no thread and no watch; what was not applied yet stays unapplied.

        Returns after five seconds at most, even where `apply` does not.
        """
        forking.let_go(self)
        atexit.unregister(self.halt)
        self._stopped = True
        self.halt()
        with self._lock:
            self._folders = None
            if self._thread is None:  # otherwise `apply` is at work: the thread closes it
                self._observer.close()

    def add_folder(self, path: str) -> None:
        """Watch the folder `path`: files in it count where `tracked` says so."""
        with self._lock:
            self._want({self._targets.real_folder(os.path.abspath(path))})

    def add_file(self, path: str, *, since: float | None = None) -> None:
        """Watch the file `path`, by way of its folder and of the links that lead to it.

        If it was written after `since` (wall clock; the watcher's own beginning for None) it is
        applied once, because nobody watched it then.
        """
        with self._lock:
            real, folders = self._targets.add(path)
            self._want(folders)
            if self._folders is not None and self._is_polled(real):
                self._poller.add(real)
                if len(self._poller) == 1:
                    self._observer.wake()  # it waits for ever while there is nothing to look at
        self._ask_if_newer(real, self._since if since is None else since)

    def step(self) -> None:
        """Wait until something is due, note it, and apply the batch if it is ready."""
        events = self._observer.wait(self._timeout())
        now = self._clock()
        self._note_all(events, now)
        self._revisit(now)
        if self._is_due(now):
            self._quiet.contend(self._excess())
            if self._is_due(now):
                self._apply_batch(now)
        elif events and self._quiet.lull:
            self._halting.wait(self._quiet.lull)
        elif self._chores.due is not None and self._chores.due <= now:
            self._chores.advance()

    def _is_due(self, now: float) -> bool:
        return (due := self._quiet.due()) is not None and due <= now

    def halt(self) -> None:
        """End the thread between two patches; what is pending stays pending."""
        thread = self._thread
        self._halting.set()
        if thread is not None and thread is not threading.current_thread():
            self._observer.wake()
            thread.join(_HALT_LIMIT)
            background.await_exit(thread)

    def resume(self, *, in_child: bool) -> None:
        """Go on after `halt`; in a child process with an observer of its own."""
        if in_child:
            self._lock = threading.RLock()
            self._halting = threading.Event()
            self._observer.close()
            self._observer = WakeOnlyObserver()
            self._folders = None
            self._since = time.time()
            if self._thread is threading.current_thread():
                self._halting.set()  # `apply` forked: its way back must not end in the loop
                return
            self._thread = None
        with self._lock:
            self._launch()

    def _launch(self) -> None:
        """Start the thread, or keep the one that has not halted yet."""
        self._halting.clear()
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._run, name="livepatch-watcher", daemon=True
            )
            self._thread.start()

    def _run(self) -> None:
        """Step until halted; nothing that `apply` or the file system does ends the thread."""
        self._mask = background.block_signals()
        with self._lock:
            forked = self._folders is None and not self._stopped
            if forked:
                self.cover()
        if forked:
            for file in self._targets.files():
                self._ask_if_newer(file, self._since)
        while not self._has_halted():
            try:
                self.step()
            except Exception:  # noqa: BLE001  the watcher thread is a boundary; all is told
                self._warn(
                    f"the watcher goes on after an error:\n{background.traceback_text()}"
                )
                self._halting.wait(BREATH)
        if self._stopped:
            self._observer.close()

    def _has_halted(self) -> bool:
        """Say whether the thread ends here; from then on another one may be launched."""
        with self._lock:
            if self._halting.is_set():
                self._thread = None
            return self._thread is None

    def cover(self) -> None:
        """Open the observer and cover every wanted folder."""
        polls = self._poll is not None
        self._observer = WakeOnlyObserver()
        if not polls:
            try:
                self._observer = self._open()
            except OSError as error:
                polls = True
                reason = error.strerror or error
                self._warn(f"no file events ({reason}); changes are found by polling instead")
        self._folders = Folders(self._observer, warn=self._warn, polls=polls)
        now = self._clock()
        for folder in sorted(self._wanted):
            self._folders.add(folder, now)
        for file in self._targets.files():
            if self._is_polled(file):
                self._poller.add(file)
        self._next_poll = now

    def _want(self, folders: set[str]) -> None:
        """Cover `folders`, at once where the watcher has started."""
        self._wanted |= folders
        if self._folders is not None:
            for folder in folders:
                self._folders.add(folder, self._clock())

    def _is_polled(self, file: str) -> bool:
        """Say whether events about `file` cannot be had."""
        return self._folders is not None and self._folders.is_polled(os.path.dirname(file))

    def _ask_if_newer(self, file: str, since: float) -> None:
        """Have `file` applied once if it was written after `since`."""
        if polling.may_be_newer(file, since):
            self._asked.append(FileEvent(file, complete=True))
            self._observer.wake()

    def _timeout(self) -> float | None:
        """Give the seconds until something is due; None while nothing is."""
        if self._asked:
            return 0.0
        due = self._quiet.due()
        times = [self._folders.next_retry() if self._folders is not None else None]
        times.append(self._git.next_look(due))
        times.append(self._next_poll if len(self._poller) else None)
        times.append(self._chores.due)
        known = [at for at in times if at is not None]
        return max(0.0, min(known) - self._clock()) if known else None

    def _note_all(self, events: list[FileEvent], now: float) -> None:
        """Note `events` and what was asked for; give way where they are all of no interest."""
        while self._asked:
            events.append(self._asked.popleft())
        relevant = self._note(events, now)
        if relevant or not events or now - self._noise_time > BREATH:
            self._noise = 0
        elif self._noise < _NOISE:
            self._noise += 1
        else:
            # A program that writes its log beside its modules would wake this thread thousands
            # of times a second; the kernel merges what comes meanwhile.
            self._halting.wait(BREATH)
        self._noise_time = self._clock()

    def _note(self, events: list[FileEvent], now: float) -> bool:
        """Note what `events` say of tracked files; say whether it was anything."""
        newest: dict[str, bool] = {}
        with self._lock:
            for event in events:
                if self._folders is not None and event.path in self._folders:
                    self._folders.lose(event.path, now)
                newest.update(dict.fromkeys(self._targets.find(event.path), event.complete))
        for file, complete in newest.items():
            age = self._finished(file) if complete else None
            self._quiet.add(file, complete=age is not None, now=now - (age or 0.0))
        return bool(newest)

    def _revisit(self, now: float) -> None:
        """Look for missing folders, and at the polled files, where their time has come."""
        with self._lock:
            back = self._folders.retry(now) if self._folders is not None else []
        self._note(
            [FileEvent(f, complete=False) for d in back for f in self._targets.find(d)], now
        )
        if len(self._poller) and self._next_poll <= now:
            self._scan(now)

    def _scan(self, now: float) -> None:
        """Look at the polled files."""
        changed = self._poller.scan()
        self._next_poll = now + (self._poll or _DEFAULT_POLL)
        self._note(changed, now)

    def _apply_batch(self, now: float) -> None:
        """Apply what is pending, unless it is still being written or git is busy with it."""
        if self._git.must_wait(self._quiet.pending, now):
            return
        emptied = any(map(polling.is_just_emptied, self._quiet.unfinished))
        if self._git.has_just_ended() or emptied:
            self._quiet.touch(now)
            return
        if self._has_grown(now):
            return
        self._batch = self._quiet.take()
        try:
            background.restore_signals(self._mask)
            self._apply(self._batch)
        except BaseException:  # noqa: BLE001  sys.exit() in an edited module is no end of ours
            self._warn(f"the change could not be applied:\n{background.traceback_text()}")
        finally:
            if self._mask is not None:
                background.block_signals()
            self._git.forget()
            self._rounds = self._rounds if self._quiet.pending else 0

    def is_undisturbed(self) -> bool:
        """Say, to `apply` that has read the batch, whether nobody began to write meanwhile.

        If somebody did, the batch is pending again with what was written, and `apply` is to do
        nothing. After some rounds of that the answer is yes: a file may be written all the time.
        """
        if self._rounds >= _ROUNDS or self._thread not in {None, threading.current_thread()}:
            return True
        self._has_grown(now := self._clock())
        if not self._quiet.pending and not self._git.is_busy(self._batch):
            return True
        for file in self._batch:
            self._quiet.add(file, complete=False, now=now)
        self._rounds += 1
        return False

    def _has_grown(self, now: float) -> bool:
        """Look once more, now that git is known to be done; say whether to wait on.

        On a busy machine this thread may lose the processor between its last look at the files
        and the question about git, and the whole checkout may have happened meanwhile.
        """
        if len(self._poller):
            self._scan(now)
        self._note(self._observer.wait(0.0), self._clock())
        return not self._is_due(now)
