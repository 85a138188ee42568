"""Live closures whose edit changed more than code: they are found again by undo and redo."""

import contextvars

import pytest

import livepatch
from livepatch import api

MAKE = """
    def make(k=0, j=0):
        def inner({parameters}):{docstring}
            return {result}
        return inner
    """


def text(result, parameters="x=1", docstring=""):
    docstring = docstring and f'\n            "{docstring}"'
    return MAKE.format(result=result, parameters=parameters, docstring=docstring)


SHAPES = {
    "default": (text("0, x"), text("1, x", "x=2"), (0, 1), (1, 2)),
    "keyword": (text("0, x", "*, x=1"), text("1, x", "*, x=2"), (0, 1), (1, 2)),
    "added": (text("0", ""), text("1, x", "x=5"), 0, (1, 5)),
    "removed": (text("0, x"), text("1", ""), (0, 1), 1),
    "renamed": (text("0, x"), text("1, y", "y=4"), (0, 1), (1, 4)),
    "captured": (text("0, k"), text("1, k, j"), (0, 7), (1, 7, 0)),
    "let go": (text("0, k, j"), text("1, k"), (0, 7, 0), (1, 7)),
}


@pytest.fixture(params=SHAPES)
def shape(request):
    return SHAPES[request.param]


def outside(call):
    """Give what somebody sees who has no session."""
    return contextvars.Context().run(call)


def test_undo_and_redo_reach_closures_that_were_made_since(project, shape):
    before, after, old, new = shape
    app = project.start("app", before)
    made = [app.make(7)]
    project.write("app.py", after)
    assert project.refresh()
    made.append(app.make(7))
    assert [function() for function in made] == [new, new]
    livepatch.undo()
    made.append(app.make(7))
    assert [function() for function in made] == [old] * 3
    livepatch.redo()
    made.append(app.make(7))
    assert [function() for function in made] == [new] * 4
    livepatch.undo()
    assert [function() for function in made] == [old] * 4


def test_undo_gives_closures_their_docstring_back(project):
    app = project.start("app", text("0", docstring="Old."))
    project.write("app.py", text("1", docstring="New."))
    assert project.refresh()
    made = app.make()
    livepatch.undo()
    assert (made(), made.__doc__) == (0, "Old.")
    livepatch.redo()
    assert (made(), made.__doc__) == (1, "New.")


def test_what_the_program_set_on_a_closure_stays(project):
    app = project.start("app", text("0, x, y", "x=1, y=1"))
    project.write("app.py", text("1, x, y", "x=2, y=1"))
    assert project.refresh()
    made = app.make()
    made.__defaults__ = (8, 9)
    made.mark = "mine"
    livepatch.undo()
    assert (made(), made.mark) == ((0, 1, 9), "mine")


def test_several_steps_back_at_once_reach_closures_of_the_last(project):
    texts = [
        text("0, x, y", "x=0, y=0"),
        text("1, x, y", "x=0, y=0"),
        text("2, x, y", "x=2, y=0"),
        text("3, x, y", "x=2, y=3"),
        text("4, x, y", "x=2, y=3"),
    ]
    app = project.start("app", texts[0])
    made = [app.make()]
    for each in texts[1:]:
        project.write("app.py", each)
        assert project.refresh()
        made.append(app.make())
    expected = [(0, 0, 0), (1, 0, 0), (2, 2, 0), (3, 2, 3), (4, 2, 3)]
    for back in range(1, 5):
        livepatch.undo(back)
        assert {function() for function in made} == {expected[4 - back]}
        livepatch.redo(back)
        assert {function() for function in made} == {expected[4]}


def test_a_default_that_only_the_enclosing_call_could_compute_stays_and_is_noted(project):
    app = project.start("app", text("0, x", "x=k + 1"))
    project.write("app.py", text("1, x", "x=5"))
    assert project.refresh()
    made = app.make(7)
    patch = livepatch.undo()
    assert (made(), app.make(7)()) == ((0, 5), (0, 8))
    assert [note.slug for note in patch.notes] == ["closure-shape"]
    assert patch.notes[0].qualname == "make.<locals>.inner"
    assert "default of x" in patch.notes[0].message


def test_a_closure_that_never_captured_what_the_old_text_reads_keeps_its_body(project):
    before = text("0, here").replace("def inner", "here = k\n        def inner")
    after = text("1").replace("def inner", "here = k\n        def inner")
    app = project.start("app", before)
    old = app.make(7)
    project.write("app.py", after)
    assert project.refresh()
    made = app.make(7)
    patch = livepatch.undo()
    assert (old(), made(), app.make(7)()) == ((0, 7), 1, (0, 7))
    assert ["never captured here" in note.message for note in patch.notes] == [True]


def test_a_session_and_everybody_else_see_closures_go_back_each_in_its_time(project, shape):
    before, after, old, new = shape
    app = project.start("app", before)
    project.write("app.py", after)
    assert project.refresh()
    made = app.make(7)
    with livepatch.session():
        livepatch.undo()
        assert (made(), outside(made)) == (new, old)
        livepatch.redo()
        assert (made(), outside(made)) == (new, new)
        livepatch.undo()
    assert made() == old


def test_a_closure_of_an_old_session_is_new_when_that_is_over(project, shape):
    before, after, old, new = shape
    app = project.start("app", before)
    with livepatch.session():
        project.write("app.py", after)
        assert project.refresh()
        made = app.make(7)
        assert made() == old
    assert made() == new
    livepatch.undo()
    assert made() == old
    livepatch.redo()
    assert made() == new


def test_a_closure_of_an_old_session_takes_several_patches_at_its_end(project):
    app = project.start("app", text("0, x, y", "x=0, y=0"))
    with livepatch.session():
        for number, parameters in ((1, "x=1, y=0"), (2, "x=1, y=2"), (3, "x=1, y=2")):
            project.write("app.py", text(f"{number}, x, y", parameters))
            assert project.refresh()
        made = app.make()
        assert made() == (0, 0, 0)
    assert made() == (3, 1, 2)
    livepatch.undo(3)
    assert made() == (0, 0, 0)


def test_a_closure_of_an_old_session_stays_as_it_is_where_all_was_taken_back(project, shape):
    before, after, old, _ = shape
    app = project.start("app", before)
    with livepatch.session():
        project.write("app.py", after)
        assert project.refresh()
        made = app.make(7)
        livepatch.undo()
        assert made() == old
    assert made() == old


def test_a_closure_of_an_old_session_takes_the_defaults_that_older_closures_took(project):
    app = project.start("app", text("0, x", "x=1"))
    older = app.make(7)
    with livepatch.session():
        for number, parameters in ((1, "x=5"), (2, "x=k + 1")):
            project.write("app.py", text(f"{number}, x", parameters))
            assert project.refresh()
        made = app.make(7)
        assert made() == (0, 1)
    assert (older(), made(), app.make(7)()) == ((2, 5), (2, 5), (2, 8))


def test_a_computed_default_comes_through_a_session_whose_patch_was_taken_back(project):
    app = project.start("app", text("0, x, y", "x=k + 1, y=0"))
    with livepatch.session():
        for parameters in ("x=k + 1, y=5", "x=6, y=5"):
            project.write("app.py", text("1, x, y", parameters))
            assert project.refresh()
        made = app.make(7)
        livepatch.undo()
        livepatch.redo()
        livepatch.undo(2)
        assert made() == (0, 8, 0)
    assert made() == (0, 8, 0)


def test_undo_and_redo_by_turns_do_not_grow(project):
    app = project.start("app", text("0, x"))
    made = [app.make()]
    project.write("app.py", text("1, x", "x=2"))
    patch = project.refresh()
    made.append(app.make())
    sizes = set()
    for _ in range(4):
        livepatch.undo()
        assert [function() for function in made] == [(0, 1)] * 2
        livepatch.redo()
        assert [function() for function in made] == [(1, 2)] * 2
        sizes.add(len(api.default_patcher()._history.inverse_of(patch.number)))
    assert len(sizes) == 1
