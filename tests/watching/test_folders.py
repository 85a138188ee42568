"""How a folder is covered: by events, by polling, by looking for it."""

from itertools import pairwise

import pytest

from livepatch.watching.folders import Folders


class Observer:
    def __init__(self):
        self.added = []
        self.error = None

    def add_folder(self, folder):
        if self.error is not None:
            raise self.error
        self.added.append(folder)


@pytest.fixture
def observer():
    return Observer()


@pytest.fixture
def told():
    return []


@pytest.fixture
def folders(observer, told):
    return Folders(observer, warn=told.append, silent=lambda folder: "share" in folder)


def test_a_folder_is_watched_once(folders, observer):
    folders.add("/a", 0.0)
    folders.add("/a", 0.0)
    assert observer.added == ["/a"]
    assert "/a" in folders
    assert not folders.is_polled("/a")


def test_a_folder_on_a_silent_file_system_is_polled_and_never_watched(folders, observer, told):
    folders.add("/share/a", 0.0)
    folders.lose("/share/a", 1.0)
    assert folders.is_polled("/share/a")
    assert observer.added == []
    assert len(told) == 1


def test_a_reason_for_polling_is_told_once(folders, told):
    folders.add("/share/a", 0.0)
    folders.add("/share/b", 0.0)
    assert len(told) == 1
    assert "/share/a" in told[0]


def test_the_file_system_of_a_device_is_asked_for_once(observer, told, tmp_path):
    asked = []
    folders = Folders(
        observer, warn=told.append, silent=lambda folder: bool(asked.append(folder))
    )
    for name in ("a", "b", "c"):
        (tmp_path / name).mkdir()
        folders.add(str(tmp_path / name), 0.0)
    assert asked == [str(tmp_path / "a")]
    assert len(observer.added) == 3


def test_polling_by_wish_is_not_told(observer, told):
    folders = Folders(observer, warn=told.append, polls=True)
    folders.add("/a", 0.0)
    assert folders.is_polled("/a")
    assert told == []


@pytest.mark.parametrize("number", [28, 24, 13])
def test_a_folder_that_cannot_be_watched_is_polled_and_the_others_keep_their_watch(
    number, folders, observer, told
):
    folders.add("/a", 0.0)
    observer.error = OSError(number, "refused")
    folders.add("/b", 0.0)
    assert not folders.is_polled("/a")
    assert folders.is_polled("/b")
    assert len(told) == 1


def test_a_missing_folder_is_looked_for_ever_more_slowly(folders, observer, told):
    observer.error = FileNotFoundError(2, "missing")
    folders.add("/a", 0.0)
    times = []
    for _ in range(12):
        times.append(folders.next_retry())
        assert folders.retry(times[-1]) == []
    gaps = [later - sooner for sooner, later in pairwise(times)]
    assert gaps == sorted(gaps)
    assert gaps[-1] == pytest.approx(1.0)
    assert told == []


def test_a_folder_that_is_back_is_watched_and_given_once(folders, observer):
    observer.error = FileNotFoundError(2, "missing")
    folders.add("/a", 0.0)
    observer.error = None
    assert folders.retry(0.05) == []
    assert folders.retry(5.0) == ["/a"]
    assert folders.retry(10.0) == []
    assert folders.next_retry() is None


def test_a_lost_folder_that_exists_is_watched_at_once(folders, observer):
    folders.add("/a", 0.0)
    folders.lose("/a", 1.0)
    assert observer.added == ["/a", "/a"]
    assert folders.next_retry() is None
