"""From the path of an event to the tracked files it is about."""

import sys
import unicodedata

import pytest

from livepatch.watching import targets
from livepatch.watching.targets import Targets

needs_links = pytest.mark.skipif(sys.platform == "win32", reason="links need privileges there")


@pytest.fixture
def known():
    return Targets(lambda _: False)


@pytest.fixture
def root(tmp_path):
    return tmp_path.resolve()


def test_a_plain_file_is_found_by_its_path_and_needs_its_folder(known, root):
    file = str(root / "app.py")
    assert known.add(file) == (file, {str(root)})
    assert known.find(file) == {file}


def test_a_relative_path_is_known_by_its_real_one(known, root, monkeypatch):
    monkeypatch.chdir(root)
    known.add("app.py")
    assert known.find(str(root / "app.py")) == {str(root / "app.py")}


def test_a_folder_stands_for_the_files_in_it(known, root):
    files = [str(root / "a.py"), str(root / "b.py")]
    for file in files:
        known.add(file)
    assert known.find(str(root)) == set(files)
    assert known.files() == set(files)


def test_a_path_never_added_is_left_to_the_predicate(root):
    known = Targets(lambda path: path.endswith("yes.py"))
    assert known.find(str(root / "yes.py")) == {str(root / "yes.py")}
    assert known.find(str(root / "no.py")) == frozenset()


@needs_links
def test_a_linked_file_is_found_by_link_and_target(known, root):
    (root / "real").mkdir()
    (root / "real" / "app.py").touch()
    (root / "app.py").symlink_to(root / "real" / "app.py")
    real, folders = known.add(str(root / "app.py"))
    assert real == str(root / "real" / "app.py")
    assert folders == {str(root), str(root / "real")}
    assert known.find(str(root / "app.py")) == {real}


@needs_links
def test_a_chain_of_links_is_watched_at_every_step(known, root):
    for name in ("one", "two", "three"):
        (root / name).mkdir()
    (root / "three" / "app.py").touch()
    (root / "two" / "app.py").symlink_to("../three/app.py")
    (root / "one" / "app.py").symlink_to("../two/app.py")
    real, folders = known.add(str(root / "one" / "app.py"))
    assert real == str(root / "three" / "app.py")
    assert folders >= {str(root / name) for name in ("one", "two", "three")}
    assert known.find(str(root / "two" / "app.py")) == {real}


@needs_links
def test_a_linked_folder_is_watched_where_the_link_lies(known, root):
    (root / "release-1").mkdir()
    (root / "current").symlink_to("release-1")
    real, folders = known.add(str(root / "current" / "app.py"))
    assert real == str(root / "release-1" / "app.py")
    assert folders >= {str(root), str(root / "release-1")}
    assert known.find(str(root / "current")) == {real}


@needs_links
def test_links_in_a_circle_are_given_up(known, root):
    (root / "a.py").symlink_to("b.py")
    (root / "b.py").symlink_to("a.py")
    real, folders = known.add(str(root / "a.py"))
    assert known.find(str(root / "a.py")) == {real}
    assert folders == {str(root)}


def test_where_case_does_not_count_all_spellings_are_one(monkeypatch, known, root):
    monkeypatch.setattr(targets, "_FOLDS_CASE", True)
    file = str(root / unicodedata.normalize("NFC", "Größe.py"))
    known.add(file)
    assert known.find(unicodedata.normalize("NFD", file).upper()) == {file}
