"""A class statement executed again is transplanted into the live class."""

import pytest

import livepatch
from livepatch.runtime import classes

TEXT = """
class A:
    def who(self):
        return "a"


class B:
    def who(self):
        return "b"


class C(A):
    seen = []

    def __init__(self):
        self.seen.append(self)

    def up(self):
        return super().who()


class D(C):
    pass
"""


@pytest.fixture
def app(project):
    return project.start("app", TEXT)


def test_other_bases_reach_instances_subclasses_and_super(project, app):
    cls, c, d = app.C, app.C(), app.D()
    up = c.up
    project.edit("app.py", "class C(A)", "class C(B)")
    assert project.refresh().ok
    assert app.C is cls
    assert cls.__mro__ == (cls, app.B, object)
    assert (c.who(), c.up(), up(), d.up()) == ("b", "b", "b", "b")
    assert cls.seen == [c, d]
    livepatch.undo()
    assert (c.who(), up(), d.up()) == ("a", "a", "a")


def test_what_the_program_put_on_the_class_stays(project, app):
    app.C.label = "mine"
    project.edit("app.py", "class C(A)", "class C(B)")
    assert project.refresh().ok
    assert app.C.label == "mine"


def test_the_class_that_was_made_aside_is_no_subclass_of_its_bases_for_long(project, app):
    project.edit("app.py", "class C(A)", "class C(A, B)")
    assert project.refresh().ok
    assert app.A.__subclasses__() == [app.C]
    assert app.B.__subclasses__() == [app.C]


def test_a_class_whose_layout_changes_is_a_new_one_and_the_report_says_who_keeps_the_old(
    project, app
):
    cls, c = app.C, app.C()
    project.edit("app.py", "class C(A):", "class C(A, Exception):")
    patch = project.refresh()
    assert app.C is not cls
    assert {"layout", "old-instances"} <= {note.slug for note in patch.notes}
    assert c.up() == "a"


def test_layouts_are_compared_by_slots_and_size():
    class One:
        __slots__ = ("x",)

    class Same:
        __slots__ = ("x",)

    class Other:
        __slots__ = ("y",)

    class Open:
        pass

    assert classes.same_layout(One, Same)
    assert not classes.same_layout(One, Other)
    assert not classes.same_layout(One, Open)


def test_subclasses_come_once_each_with_the_class_itself_first():
    class Top: ...

    class Left(Top): ...

    class Right(Top): ...

    class Bottom(Left, Right): ...

    found = list(classes.subclasses_of(Top))
    assert found[0] is Top
    assert sorted(cls.__name__ for cls in found) == ["Bottom", "Left", "Right", "Top"]
