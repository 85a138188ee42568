"""Functions and classes that move to another file: who holds them follows."""

import inspect

import pytest

import livepatch

OLD = """
LIMIT = 1


def f(x):
    return "old", x, LIMIT


class C:
    made = []

    def __init__(self):
        self.made.append(self)

    def m(self):
        return "old", LIMIT

    @classmethod
    def k(cls):
        return cls.__name__, LIMIT

    @staticmethod
    def s():
        return LIMIT
"""


@pytest.fixture
def moved(project):
    """Give what was taken of the old module before all of it moved to another one."""
    a = project.start("a", OLD)
    b = project.start("b", "LIMIT = 2\n")
    project.start("user", "from a import C, f\n")
    c = a.C()
    held = a.f, a.C, c, c.m, a.C.k, a.C.s
    project.write("a.py", "from b import C, f\n")
    project.write("b.py", OLD.replace("LIMIT = 1", "LIMIT = 2"))
    patch = project.refresh()
    assert patch.ok
    return a, b, held, patch


def test_a_held_function_calls_the_one_in_the_new_place(project, moved):
    a, b, (f, *_), _ = moved
    assert a.f is b.f is project.get("user.f")
    assert f(1) == b.f(1) == ("old", 1, 2)
    project.edit(
        "b.py", 'def f(x):\n    return "old", x, LIMIT', "def f(x, y=3):\n    return y"
    )
    assert project.refresh().ok
    assert f(1) == b.f(1) == 3
    assert str(inspect.signature(f)) == "(x, y=3)"


def test_a_class_stays_the_object_it_is_with_the_methods_of_the_new_place(project, moved):
    a, b, (_, cls, c, m, k, s), _ = moved
    assert a.C is b.C is cls is project.get("user.C")
    assert cls.__module__ == "b"
    assert (c.m(), m(), k(), s()) == (("old", 2), ("old", 2), ("C", 2), 2)
    assert cls.made == [c]
    project.edit(
        "b.py", 'return "old", LIMIT\n\n    @class', 'return "new", LIMIT\n\n    @class'
    )
    assert project.refresh().ok
    assert c.m() == m() == ("new", 2)


def test_the_report_says_where_they_came_from(moved):
    *_, patch = moved
    details = {change.qualname: change.detail for change in patch.changes}
    assert details["f"] == details["C"] == "moved from a"


def test_an_undo_moves_them_back(moved):
    a, b, (f, cls, c, m, *_), _ = moved
    livepatch.undo()
    assert a.f is f
    assert a.C is cls
    assert cls.__module__ == "a"
    assert (f(1), c.m(), m()) == (("old", 1, 1), ("old", 1), ("old", 1))
    assert not hasattr(b, "C")


def test_a_new_function_of_the_name_of_one_that_went_elsewhere_is_no_move(project):
    a = project.start("a", "def f():\n    return 'a'\n\n\nX = 1\n")
    b = project.start("b", "X = 1\n")
    f = a.f
    project.write("a.py", "X = 1\n")
    project.write("b.py", "X = 1\n\n\ndef f():\n    return 'b'\n")
    assert project.refresh().ok
    assert f() == "a"
    assert b.f() == "b"


def test_a_class_that_cannot_take_its_new_shape_moves_as_a_new_one(project):
    a = project.start("a", "class C:\n    __slots__ = ('x',)\n")
    b = project.start("b", "X = 1\n")
    c = a.C()
    project.write("a.py", "from b import C\n")
    project.write("b.py", "X = 1\n\n\nclass C:\n    __slots__ = ('x', 'y')\n")
    patch = project.refresh()
    assert a.C is b.C is not type(c)
    assert {note.slug for note in patch.notes} == {"layout", "old-instances"}
