"""A statement that did not change is executed again where the user asks for it."""

import pytest

import livepatch

TEXT = """
def build():
    return ["old"]


TABLE = build()
RUNS = []
RUNS.append(1)
"""


def test_a_stale_value_is_computed_anew_and_importers_follow(project):
    app = project.start("app", TEXT)
    user = project.start("user", "from app import TABLE\n")
    project.edit("app.py", "old", "new")
    patch = project.refresh()
    assert [note.slug for note in patch.notes] == ["stale-value"]
    assert app.TABLE == ["old"]
    again = livepatch.rerun("app:TABLE")
    assert again.ok
    assert again.kind is livepatch.PatchKind.RERUN
    assert app.TABLE == user.TABLE == ["new"]
    assert app.RUNS == [1]


def test_a_rerun_can_be_undone(project):
    app = project.start("app", TEXT)
    before = app.TABLE
    livepatch.rerun("app:TABLE")
    assert app.TABLE is not before
    livepatch.undo()
    assert app.TABLE is before


def test_a_rerun_that_raises_changes_nothing(project):
    app = project.start("app", TEXT)
    before = app.TABLE
    project.edit("app.py", 'return ["old"]', "raise OSError('no disk')")
    project.refresh()
    again = livepatch.rerun("app:TABLE")
    assert not again.ok
    assert "no disk" in again.errors[0].message
    assert app.TABLE is before


@pytest.mark.parametrize("target", ["app", "app:", "app:NOTHING"])
def test_a_target_that_names_no_statement_is_an_error(project, target):
    project.start("app", TEXT)
    with pytest.raises(livepatch.UsageError):
        livepatch.rerun(target)


def test_a_module_that_is_not_tracked_is_an_error():
    with pytest.raises(livepatch.NotTrackedError):
        livepatch.rerun("json:loads")
