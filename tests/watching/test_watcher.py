"""The watcher step by step: the clock, the events and the state of files are given."""

import contextlib
import os
import threading
from pathlib import Path

import pytest

from livepatch.watching.events import FileEvent
from livepatch.watching.quiet import PATIENCE
from livepatch.watching.watcher import Watcher

DEBOUNCE = 0.05


class Idle(Exception):  # noqa: N818  no error, the end of the script
    """Nothing more is going to happen."""


class Script:
    """An observer, and the clock that stands still but in its `wait`."""

    def __init__(self):
        self.now = 100.0
        self.future = []
        self.folders = []
        self.refuse = {}
        self.closed = 0

    def at(self, seconds, path, *, complete=True):
        self.future.append((100.0 + seconds, FileEvent(str(path), complete)))

    def add_folder(self, folder):
        if folder in self.refuse:
            raise self.refuse[folder]
        self.folders.append(folder)

    def wait(self, timeout):
        end = None if timeout is None else self.now + timeout
        if self.future and (end is None or self.future[0][0] <= end):
            self.now = max(self.now, self.future[0][0])
            now = [event for time, event in self.future if time <= self.now]
            self.future = [row for row in self.future if row[0] > self.now]
            return now
        if end is None:
            raise Idle
        self.now = end + 1e-9
        return []

    def wake(self):
        """Do nothing: `wait` never blocks."""

    def close(self):
        self.closed += 1


@pytest.fixture
def script():
    return Script()


@pytest.fixture
def applied():
    return []


@pytest.fixture
def warnings():
    return []


@pytest.fixture
def make(script, applied, warnings):
    def watcher(**options):
        settings = {
            "apply": lambda files: applied.append((round(script.now - 100, 3), files)),
            "tracked": lambda _: False,
            "warn": warnings.append,
            "debounce": DEBOUNCE,
            "observer": lambda: script,
            "clock": lambda: script.now,
            "finished": lambda file: 0.0 if has_text(file) else None,
            "excess": lambda: 0.0,
        }
        made = Watcher(**(settings | options))
        made.cover()
        return made

    return watcher


@pytest.fixture
def files(tmp_path):
    found = [tmp_path.resolve() / name for name in ("a.py", "b.py", "c.py")]
    for file in found:
        file.write_text("value = 1\n", encoding="utf-8")
    return [str(file) for file in found]


def has_text(file):
    return Path(file).exists() and Path(file).stat().st_size > 0


def folder_of(file):
    return str(Path(file).parent)


def append(file):
    with Path(file).open("a") as stream:
        stream.write("other = 2\n")


def track(watcher, files):
    for file in files:
        watcher.add_file(file, since=4e9)


def run(watcher, limit=10_000):
    with contextlib.suppress(Idle):
        for _ in range(limit):
            watcher.step()


def test_a_finished_save_is_applied_within_the_settle(make, script, applied, files):
    watcher = make()
    track(watcher, files)
    script.at(1, files[0])
    run(watcher)
    assert applied == [(1.002, {files[0]})]


def test_a_save_that_was_noticed_late_is_applied_at_once(make, script, applied, files):
    watcher = make(finished=lambda _: 0.004)
    track(watcher, files)
    script.at(1, files[0])
    run(watcher)
    assert applied == [(1.0, {files[0]})]


def test_a_burst_is_one_batch(make, script, applied, files):
    watcher = make()
    track(watcher, files)
    for number, file in enumerate(files):
        script.at(1 + number / 1000, file)
    run(watcher)
    assert applied == [(1.052, set(files))]


def test_the_events_of_one_save_are_one_batch(make, script, applied, files):
    watcher = make()
    track(watcher, files)
    script.at(1, files[0], complete=False)
    script.at(1, files[0], complete=False)
    script.at(1, files[0])
    run(watcher)
    assert applied == [(1.002, {files[0]})]


def test_a_file_that_is_empty_when_closed_waits_for_its_text(make, script, applied, files):
    watcher = make()
    track(watcher, files)
    Path(files[0]).write_text("")
    os.utime(files[0], (1, 1))
    script.at(1, files[0])
    script.at(1.02, files[0], complete=False)
    run(watcher)
    assert applied == [(1.07, {files[0]})]


def test_a_file_that_was_emptied_a_moment_ago_waits_for_its_text_beyond_the_quiet_time(
    make, script, applied, files
):
    def finished(file):
        if file == files[1]:
            Path(files[0]).write_text("x = 1\n")  # the writer has its turn again
        return 0.0 if has_text(file) else None

    watcher = make(finished=finished)
    track(watcher, files)
    Path(files[0]).write_text("")
    script.at(1, files[0])
    script.at(1.2, files[1])
    run(watcher)
    assert applied == [(1.25, {files[0], files[1]})]


class Delayed(Script):
    """An observer whose caller loses the processor after each look that found nothing."""

    def wait(self, timeout):
        events = super().wait(timeout)
        if not events:
            self.now += 0.01
        return events


def test_what_is_written_while_the_watcher_has_no_processor_belongs_to_the_batch(
    make, applied, files
):
    script = Delayed()
    watcher = make(observer=lambda: script, clock=lambda: script.now)
    track(watcher, files)
    script.at(1, files[0])
    script.at(1.005, files[1])
    script.at(1.006, files[2])
    run(watcher)
    assert [found for _, found in applied] == [set(files)]


def test_a_save_waits_longer_while_threads_wait_for_a_processor(make, script, applied, files):
    asked = []

    def excess():
        asked.append(script.now)
        return 1.0 if len(asked) < 3 else 0.0

    watcher = make(excess=excess)
    track(watcher, files)
    script.at(1, files[0])
    script.at(1.004, files[1])  # its writer had lost the processor
    script.at(3, files[2])
    run(watcher)
    assert [batch for _, batch in applied] == [set(files[:2]), {files[2]}]
    assert applied[1][0] == 3.002, "it costs nothing where nobody waits"


def test_what_is_written_while_the_batch_is_read_belongs_to_it(make, script, applied, files):
    def apply(batch):
        script.now += 0.004  # so long took the reading
        if watcher.is_undisturbed():
            applied.append(batch)

    watcher = make(apply=apply)
    track(watcher, files)
    script.at(1, files[0])
    script.at(1.004, files[1])
    script.at(1.020, files[2])
    run(watcher)
    assert applied == [set(files)]


def test_a_batch_that_git_begins_to_write_while_it_is_read_waits_for_git(
    make, script, applied, files
):
    Path(folder_of(files[0]), ".git").mkdir()
    lock = Path(folder_of(files[0]), ".git", "index.lock")
    script.at(1, files[0])
    reads = []

    def apply(batch):
        reads.append(batch)
        if len(reads) == 1:
            lock.touch()
            script.at(1.2, files[1])
        if watcher.is_undisturbed():
            applied.append(batch)

    watcher = make(apply=apply, tracked=lambda path: bool(reads) and path == files[1])
    track(watcher, files[:1])
    with contextlib.suppress(Idle):
        while script.now < 101.5:
            watcher.step()
    assert applied == []
    lock.unlink()
    run(watcher)
    assert applied == [set(files[:2])]


def test_a_file_that_is_written_all_the_time_is_applied_all_the_same(
    make, script, applied, files
):
    def apply(batch):
        script.at(script.now - 100, files[0])  # and once more
        if watcher.is_undisturbed():
            applied.append(batch)
            script.future.clear()

    watcher = make(apply=apply)
    track(watcher, files)
    script.at(1, files[0])
    run(watcher)
    assert applied == [{files[0]}]


def test_events_about_other_files_apply_nothing(make, script, applied, files):
    watcher = make()
    track(watcher, files[:1])
    script.at(1, files[1])
    run(watcher)
    assert applied == []


def test_what_the_predicate_tracks_needs_no_adding(make, script, applied, files):
    watcher = make(tracked=lambda path: path == files[1])
    watcher.add_folder(folder_of(files[0]))
    script.at(1, files[1])
    run(watcher)
    assert applied == [(1.002, {files[1]})]


def test_the_thread_is_woken_once_there_is_a_file_to_poll_and_not_before(make, files):
    class Waking(Script):
        def wake(self):
            polled.append(len(watcher._poller))

    polled, script = [], Waking()
    script.refuse[folder_of(files[0])] = OSError(28, "no space left")
    watcher = make(observer=lambda: script)
    track(watcher, files)
    assert polled == [1]


def test_files_of_one_folder_share_a_watch(make, script, files):
    track(make(), files)
    assert script.folders == [folder_of(files[0])]


def test_a_failing_apply_is_told_and_the_next_save_is_applied(make, script, warnings, files):
    seen = []

    def apply(batch):
        seen.append(batch)
        if len(seen) == 1:
            raise SystemExit("stop")  # noqa: EM101

    watcher = make(apply=apply)
    track(watcher, files)
    script.at(1, files[0])
    script.at(2, files[1])
    run(watcher)
    assert seen == [{files[0]}, {files[1]}]
    assert len(warnings) == 1
    assert "SystemExit: stop" in warnings[0]


def test_a_file_written_since_the_watcher_began_is_applied_once(make, applied, files):
    watcher = make()
    watcher.add_file(files[0])
    run(watcher)
    assert [batch for _, batch in applied] == [{files[0]}]


def test_a_file_older_than_the_import_is_not_applied(make, applied, files):
    watcher = make()
    watcher.add_file(files[0], since=4e9)
    run(watcher)
    assert applied == []


def test_nothing_is_applied_while_git_is_busy_and_all_of_it_afterwards(
    make, script, applied, files, warnings
):
    Path(folder_of(files[0]), ".git").mkdir()
    lock = Path(folder_of(files[0]), ".git", "index.lock")
    lock.touch()
    watcher = make()
    track(watcher, files)
    script.at(1, files[0])
    script.at(2, files[1])
    run(watcher, limit=100)
    assert applied == []
    assert script.now > 102
    lock.unlink()
    run(watcher)
    assert [batch for _, batch in applied] == [set(files[:2])]
    assert warnings == []


def test_a_lock_that_stays_is_told_once(make, script, applied, files, warnings):
    Path(folder_of(files[0]), ".git").mkdir()
    Path(folder_of(files[0]), ".git", "index.lock").touch()
    watcher = make()
    track(watcher, files)
    script.at(1, files[0])
    run(watcher, limit=1000)
    assert applied == []
    assert len(warnings) == 1
    assert "index.lock exists" in warnings[0]


def test_a_folder_that_ended_makes_its_files_suspect_and_is_watched_again(
    make, script, applied, files
):
    folder = folder_of(files[0])
    watcher = make()
    track(watcher, files)
    script.at(1, folder, complete=False)
    run(watcher)
    assert [batch for _, batch in applied] == [set(files)]
    assert script.folders == [folder, folder]


def test_a_missing_folder_is_looked_for_until_it_is_back(make, script, applied, files):
    folder = folder_of(files[0])
    script.refuse[folder] = FileNotFoundError(2, "gone")
    watcher = make()
    track(watcher, files)
    run(watcher, limit=10)
    assert applied == []
    script.refuse.clear()
    run(watcher)
    assert [batch for _, batch in applied] == [set(files)]


def test_without_watches_left_the_files_are_polled_and_it_is_told_once(
    make, script, applied, files, warnings
):
    inner = str(Path(folder_of(files[0]), "inner", "d.py"))
    for folder in (folder_of(files[0]), folder_of(inner)):
        script.refuse[folder] = OSError(28, "No space left on device")
    watcher = make()
    track(watcher, [*files, inner])
    run(watcher, limit=5)
    append(files[0])
    run(watcher, limit=20)
    assert [batch for _, batch in applied] == [{inner}, {files[0]}]
    assert len(warnings) == 1
    assert "max_user_watches" in warnings[0]


def test_without_an_observer_everything_is_polled_and_it_is_told(files, warnings):
    def refuse():
        raise OSError(24, "Too many open files")

    seen = []
    watcher = Watcher(apply=seen.append, tracked=bool, warn=warnings.append, observer=refuse)
    track(watcher, files)
    watcher.cover()
    watcher.step()
    append(files[0])
    while not seen:
        watcher.step()
    assert seen == [{files[0]}]
    assert len(warnings) == 1
    assert "Too many open files" in warnings[0]


def test_a_poll_waits_for_a_writer_that_goes_on(make, script, applied, files):
    watcher = make(poll=1.0, clock=lambda: script.now)
    watcher._observer = script
    track(watcher, files)
    run(watcher, limit=3)
    writes = iter(range(3))

    def wait(timeout):
        script.now += timeout + 1e-9
        if next(writes, None) is not None:
            append(files[0])
        return []

    script.wait = wait
    run(watcher, limit=12)
    assert [batch for _, batch in applied] == [{files[0]}]


def test_a_file_that_is_never_quiet_is_applied_in_the_end(make, script, applied, files):
    watcher = make()
    track(watcher, files)
    for step in range(1000):
        script.at(1 + step / 100, files[0], complete=False)
    run(watcher, limit=600)
    assert applied[0][0] == pytest.approx(1 + PATIENCE, abs=0.02)


class Blocking(Script):
    """An observer whose `wait` blocks as a real one does."""

    def __init__(self):
        super().__init__()
        self.event = threading.Event()

    def wait(self, timeout):
        self.event.wait(timeout)
        self.event.clear()
        events, self.future = [event for _, event in self.future], []
        return events

    def wake(self):
        self.event.set()


@pytest.fixture
def thread():
    def found():
        return [t for t in threading.enumerate() if t.name == "livepatch-watcher"]

    return found


def test_start_and_stop_are_clean_and_may_be_repeated(files, thread):
    observers = []

    def observer():
        observers.append(Blocking())
        return observers[-1]

    watcher = Watcher(apply=print, tracked=bool, warn=print, observer=observer)
    track(watcher, files)
    for _ in range(3):
        watcher.start()
        watcher.start()
        assert len(thread()) == 1
        assert thread()[0].daemon
        watcher.stop()
        watcher.stop()
        assert thread() == []
    assert len(observers) == 3
    assert all(observer.closed for observer in observers)
    assert all(observer.folders == [folder_of(files[0])] for observer in observers)


def test_the_watcher_can_be_stopped_by_what_it_applies(files, thread):
    observer, stopped = Blocking(), threading.Event()

    def apply(_):
        watcher.stop()
        stopped.set()

    watcher = Watcher(apply=apply, tracked=bool, warn=print, observer=lambda: observer)
    track(watcher, files)
    watcher.start()
    running = thread()[0]
    observer.at(0, files[0])
    observer.wake()
    assert stopped.wait(10)
    running.join(10)
    assert not running.is_alive()
    assert observer.closed


def test_the_thread_survives_an_observer_that_fails(files):
    observer, told, seen = Blocking(), [], threading.Event()
    wait = observer.wait

    def fail_once(_):
        observer.wait = wait
        raise RuntimeError("broken")  # noqa: EM101

    observer.wait = fail_once
    watcher = Watcher(
        apply=lambda _: seen.set(), tracked=bool, warn=told.append, observer=lambda: observer
    )
    track(watcher, files)
    watcher.start()
    observer.at(0, files[0])
    observer.wake()
    assert seen.wait(10)
    watcher.stop()
    assert len(told) == 1
    assert "RuntimeError: broken" in told[0]
