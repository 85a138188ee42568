"""What a look at the file system finds; the wall clock is a number."""

import os
import time

import pytest

from livepatch.watching.polling import Poller, may_be_newer, seconds_since_written

LATER = 3600 * 10**9


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "app.py"
    path.write_text("value = 0\n", encoding="utf-8")
    return path


def aged(file):
    """Give a poller that holds `file` to be too old to be racy."""
    poller = Poller(wall=lambda: time.time_ns() + LATER)
    poller.add(str(file))
    return poller


def changed(poller):
    events = poller.scan()
    assert not any(event.complete for event in events)
    return [event.path for event in events]


def test_an_untouched_file_gives_no_event(file):
    assert changed(aged(file)) == []


def test_a_change_is_seen_once(file):
    poller = aged(file)
    file.write_text("value = 10\n", encoding="utf-8")
    assert changed(poller) == [str(file)]
    assert changed(poller) == []


def test_a_time_that_goes_backwards_is_seen(file):
    poller = aged(file)
    file.write_text("value = 1\n", encoding="utf-8")
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert changed(poller) == [str(file)]


def test_a_file_replaced_by_one_of_equal_time_and_size_is_seen(file):
    before = file.stat()
    poller = aged(file)
    other = file.with_name("other")
    other.write_text("value = 1\n", encoding="utf-8")
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.replace(file)
    assert changed(poller) == [str(file)]


def test_a_racy_file_is_compared_by_content(file, monkeypatch):
    monkeypatch.setattr("livepatch.watching.polling.signature_of", lambda _: (0, 0, 10, 1))
    poller = Poller(wall=lambda: 10**9)
    poller.add(str(file))
    assert changed(poller) == []
    file.write_text("value = 1\n", encoding="utf-8")
    assert changed(poller) == [str(file)]
    assert changed(poller) == []


def test_an_aged_file_is_not_read_while_its_signature_stays(file, monkeypatch):
    monkeypatch.setattr("livepatch.watching.polling.signature_of", lambda _: (0, 0, 10, 1))
    poller = Poller(wall=lambda: 10 * 10**9)
    poller.add(str(file))
    file.unlink()
    assert changed(poller) == []


def test_new_times_on_known_content_are_no_event(file):
    poller = aged(file)
    file.write_text("value = 1\n", encoding="utf-8")
    assert changed(poller) == [str(file)]
    os.utime(file, (1_000_000_000, 1_000_000_000))
    assert changed(poller) == []


def test_a_file_that_goes_and_comes_back_gives_two_events(file):
    poller = aged(file)
    file.unlink()
    assert changed(poller) == [str(file)]
    assert changed(poller) == []
    file.write_text("value = 0\n", encoding="utf-8")
    assert changed(poller) == [str(file)]


def test_a_file_that_is_not_there_yet_can_be_added(tmp_path):
    poller = aged(tmp_path / "app.py")
    assert changed(poller) == []
    (tmp_path / "app.py").write_text("value = 0\n", encoding="utf-8")
    assert changed(poller) == [str(tmp_path / "app.py")]


def test_adding_a_file_again_does_not_forget_a_change(file):
    poller = aged(file)
    file.write_text("value = 10\n", encoding="utf-8")
    poller.add(str(file))
    assert changed(poller) == [str(file)]


def test_an_empty_or_missing_file_is_not_finished(tmp_path):
    empty = tmp_path / "empty.py"
    empty.touch()
    assert seconds_since_written(str(empty)) is None
    assert seconds_since_written(str(tmp_path / "missing.py")) is None


def test_a_time_in_the_future_counts_as_now(file):
    os.utime(file, (4_000_000_000, 4_000_000_000))
    assert seconds_since_written(str(file)) == 0.0


@pytest.mark.parametrize(
    ("written", "may_be"),
    [(0.5, True), (-0.02, True), (-1.5, False), (-10.0, False)],
)
def test_a_file_is_newer_than_a_moment_but_for_a_tick(tmp_path, written, may_be):
    file = tmp_path / "a.py"
    file.touch()
    since = file.stat().st_ctime_ns / 1e9 + 20.25
    os.utime(file, (0, since + written))
    assert may_be_newer(str(file), since) is may_be


def test_times_in_whole_seconds_may_be_two_seconds_late(tmp_path):
    file = tmp_path / "a.py"
    file.touch()
    since = int(file.stat().st_ctime_ns / 1e9) + 20
    os.utime(file, (0, since - 1))
    assert may_be_newer(str(file), since)
    os.utime(file, (0, since - 3))
    assert not may_be_newer(str(file), since)


def test_a_file_that_is_not_there_may_have_been_removed_since(tmp_path):
    assert may_be_newer(str(tmp_path / "a.py"), 0.0)
