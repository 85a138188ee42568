"""Which repository a file lies in, and whether git is at work there."""

import pytest

from livepatch.watching.gitlock import GitLocks, git_folder


@pytest.fixture
def repository(tmp_path):
    root = tmp_path / "work"
    (root / ".git").mkdir(parents=True)
    (root / "package" / "inner").mkdir(parents=True)
    return root


def test_no_lock_is_held_outside_a_repository(tmp_path):
    assert GitLocks().held([str(tmp_path / "a.py")]) is None


def test_the_lock_counts_for_files_at_any_depth(repository):
    lock = repository / ".git" / "index.lock"
    lock.touch()
    file = str(repository / "package" / "inner" / "a.py")
    assert GitLocks().held([file]) == str(lock)


def test_the_lock_is_looked_for_every_time(repository):
    locks, files = GitLocks(), [str(repository / "a.py")]
    assert locks.held(files) is None
    (repository / ".git" / "index.lock").touch()
    assert locks.held(files) is not None
    (repository / ".git" / "index.lock").unlink()
    assert locks.held(files) is None


def test_one_locked_repository_of_several_is_enough(repository, tmp_path):
    other = tmp_path / "other" / ".git"
    other.mkdir(parents=True)
    (other / "index.lock").touch()
    files = [str(repository / "a.py"), str(tmp_path / "other" / "b.py")]
    assert GitLocks().held(files) == str(other / "index.lock")


@pytest.mark.parametrize("absolute", [False, True], ids=["relative", "absolute"])
def test_a_linked_worktree_is_locked_in_the_folder_that_its_file_names(
    absolute, repository, tmp_path
):
    own = repository / ".git" / "worktrees" / "second"
    own.mkdir(parents=True)
    second = tmp_path / "second"
    second.mkdir()
    named = str(own) if absolute else "../work/.git/worktrees/second"
    (second / ".git").write_text(f"gitdir: {named}\n", encoding="utf-8")
    (own / "index.lock").touch()
    assert GitLocks().held([str(second / "a.py")]) == str(own / "index.lock")
    assert GitLocks().held([str(repository / "a.py")]) is None


def test_a_file_named_git_of_another_kind_is_no_repository(tmp_path):
    (tmp_path / ".git").write_text("hello", encoding="utf-8")
    assert git_folder(str(tmp_path)) is None


def test_a_repository_made_later_is_found_after_forget(tmp_path):
    locks, files = GitLocks(), [str(tmp_path / "a.py")]
    assert locks.held(files) is None
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git" / "index.lock").touch()
    locks.forget()
    assert locks.held(files) is not None
