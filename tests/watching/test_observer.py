"""The observers, on real folders; each must tell the same story."""

import os
import queue
import sys
import threading
import time

import pytest

from livepatch.watching.events import FileEvent
from livepatch.watching.observer import (
    WakeOnlyObserver,
    WatchdogObserver,
    is_silent,
    open_observer,
)

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="inotify is Linux's")
KINDS = [open_observer, WatchdogObserver, WakeOnlyObserver]
LONG = 10.0


@pytest.fixture
def observer():
    made = open_observer()
    yield made
    made.close()


@pytest.fixture
def folder(tmp_path, observer):
    observer.add_folder(str(tmp_path))
    return tmp_path


def events_until(observer, path):
    """Give the events up to the first complete one about `path`."""
    seen = []
    while FileEvent(str(path), complete=True) not in seen:
        seen += observer.wait(LONG)
        assert seen, "no event came"
    return seen


@on_linux
def test_a_write_is_complete_once_it_is_closed(observer, folder):
    file = folder / "a.py"
    with file.open("w") as stream:
        stream.write("x")
        stream.flush()
        assert {event.complete for event in observer.wait(LONG)} == {False}
    assert observer.wait(LONG) == [FileEvent(str(file), complete=True)]


@on_linux
def test_a_file_moved_in_is_complete_without_delay(observer, folder):
    (folder / "a.tmp").write_text("x")
    (folder / "a.tmp").replace(folder / "a.py")
    events = events_until(observer, folder / "a.py")
    assert FileEvent(str(folder / "a.tmp"), complete=False) in events


@on_linux
def test_of_equal_events_one_is_given_in_its_last_place(observer, folder):
    for _ in range(3):
        (folder / "a.py").write_text("x")
        (folder / "b.py").write_text("x")
    events = observer.wait(LONG)
    assert len(events) == len(set(events))
    assert events[-1] == FileEvent(str(folder / "b.py"), complete=True)


@on_linux
def test_a_folder_that_goes_is_told_once_and_can_be_added_again(observer, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    observer.add_folder(str(inner))
    inner.rmdir()
    assert observer.wait(LONG) == [FileEvent(str(inner), complete=False)]
    with pytest.raises(FileNotFoundError):
        observer.add_folder(str(inner))
    inner.mkdir()
    observer.add_folder(str(inner))
    (inner / "a.py").write_text("x")
    events_until(observer, inner / "a.py")


@on_linux
def test_a_folder_moved_away_is_no_longer_watched(observer, tmp_path):
    inner = tmp_path / "inner"
    inner.mkdir()
    observer.add_folder(str(inner))
    inner.rename(tmp_path / "other")
    assert FileEvent(str(inner), complete=False) in observer.wait(LONG)
    (tmp_path / "other" / "a.py").write_text("x")
    assert observer.wait(0.0) == []


@on_linux
def test_lost_events_make_every_folder_suspect(observer, folder):
    overflow = observer._events(-1, 0x4000, "")
    assert overflow == [FileEvent(str(folder), complete=False)]


@on_linux
def test_a_name_that_is_not_text_comes_through(observer, folder):
    path = os.path.join(os.fsencode(folder), b"caf\xe9.py")  # noqa: PTH118
    with open(path, "wb"):  # noqa: PTH123
        pass
    events_until(observer, os.fsdecode(path))


@on_linux
def test_more_events_than_one_buffer_holds_are_all_read(observer, folder):
    names = [f"{number:04}{'x' * 200}.py" for number in range(600)]
    for name in names:
        (folder / name).touch()
    complete = {event.path for event in observer.wait(LONG) if event.complete}
    assert complete == {str(folder / name) for name in names}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_wake_ends_the_wait(kind):
    made = kind()
    results = queue.Queue()
    waiting = threading.Thread(target=lambda: results.put(made.wait(None)))
    waiting.start()
    made.wake()
    assert results.get(timeout=LONG) == []
    waiting.join(LONG)
    made.close()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_wake_before_the_wait_is_not_lost(kind):
    made = kind()
    made.wake()
    assert made.wait(None) == []
    made.close()


@on_linux
def test_thousands_of_wakes_without_a_wait_do_not_block(observer):
    for _ in range(100_000):
        observer.wake()
    assert observer.wait(None) == []


@on_linux
def test_a_closed_observer_takes_no_more_calls_amiss(tmp_path):
    made = open_observer()
    made.close()
    made.close()
    made.wake()
    made.add_folder(str(tmp_path))


def test_watchdog_reports_a_save_too(tmp_path):
    made = WatchdogObserver()
    made.add_folder(str(tmp_path))
    file = tmp_path / "a.py"
    file.write_text("x")
    seen = []
    end = time.monotonic() + LONG
    while FileEvent(str(file), complete=False) not in seen and time.monotonic() < end:
        seen += made.wait(1.0)
    made.close()
    assert FileEvent(str(file), complete=False) in seen
    assert not any(event.complete for event in seen)


def test_watchdog_refuses_a_folder_that_is_not_there(tmp_path):
    made = WatchdogObserver()
    with pytest.raises(FileNotFoundError):
        made.add_folder(str(tmp_path / "missing"))
    made.close()


MOUNTS = """\
/dev/sda / ext4 rw 0 0
server:/x /home/me/my\\040share nfs4 rw 0 0
C: /mnt/c 9p rw 0 0
tmp /mnt/c/local tmpfs rw 0 0
me@host: /home/me/remote fuse.sshfs rw 0 0
overlay /mnt/d drvfs rw 0 0
/dev/sdb /mnt/d ext4 rw 0 0
"""


@on_linux
@pytest.mark.parametrize(
    ("folder", "silent"),
    [
        ("/home/me", False),
        ("/home/me/my share", True),
        ("/home/me/my share/app", True),
        ("/home/me/my share too", False),
        ("/mnt/c/work", True),
        ("/mnt/c/local/work", False),
        ("/home/me/remote", True),
        ("/mnt/d/work", False),
    ],
)
def test_file_systems_without_events_are_known_by_the_mount(folder, silent, tmp_path):
    table = tmp_path / "mounts"
    table.write_text(MOUNTS)
    assert is_silent(folder, mounts=str(table)) is silent


def test_without_a_table_of_mounts_no_folder_is_silent(tmp_path):
    assert not is_silent("/anywhere", mounts=str(tmp_path / "missing"))
