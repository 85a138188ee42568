"""Members of a live enumeration keep their identity while others come, go and get values."""

import pickle

import pytest

import livepatch

TEXT = """
import enum


class Color(enum.Enum):
    RED = 1
    BLUE = 2


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 5


class Access(enum.Flag):
    READ = enum.auto()
    WRITE = enum.auto()
"""


@pytest.fixture
def app(project):
    return project.start("app", TEXT)


def test_a_new_member_joins_members_that_stay_the_objects_they_are(project, app):
    cls, red = app.Color, app.Color.RED
    project.edit("app.py", "BLUE = 2", "BLUE = 2\n    GREEN = 3")
    assert project.refresh().ok
    assert app.Color is cls
    assert list(cls) == [red, cls.BLUE, cls.GREEN]
    assert cls(3) is cls["GREEN"] is cls.GREEN is pickle.loads(pickle.dumps(cls.GREEN))
    livepatch.undo()
    assert list(cls) == [red, cls.BLUE]
    with pytest.raises(ValueError, match="3 is not a valid"):
        cls(3)


def test_a_removed_member_is_no_member_any_more_and_who_holds_it_keeps_it(project, app):
    blue = app.Color.BLUE
    project.edit("app.py", "    BLUE = 2\n", "")
    assert project.refresh().ok
    assert not hasattr(app.Color, "BLUE")
    assert blue not in list(app.Color)
    assert blue.name == "BLUE"


def test_a_member_that_gets_another_value_stays_the_member_it_is(project, app):
    red = app.Color.RED
    project.edit("app.py", "RED = 1", "RED = 10")
    assert project.refresh().ok
    assert app.Color(10) is red
    assert red.value == 10
    livepatch.undo()
    assert red.value == 1
    assert app.Color(1) is red


def test_a_member_that_is_its_value_becomes_another_object_and_the_report_says_so(project, app):
    high, low = app.Level.HIGH, app.Level.LOW
    project.edit("app.py", "HIGH = 5", "HIGH = 6")
    (note,) = [note for note in project.refresh().notes if note.slug == "enum-member"]
    assert note.qualname == "Level.HIGH"
    assert app.Level.HIGH == 6
    assert app.Level.LOW is low
    assert high == 5


def test_combinations_of_flags_work_with_new_members(project, app):
    read = app.Access.READ
    project.edit("app.py", "WRITE = enum.auto()", "WRITE = enum.auto()\n    RUN = enum.auto()")
    assert project.refresh().ok
    assert (read | app.Access.RUN).value == 5
    assert isinstance(read | app.Access.RUN, app.Access)
    assert list(read | app.Access.RUN) == [read, app.Access.RUN]
