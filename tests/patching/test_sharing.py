"""Functions that share the code of an edited one: all follow, forth and back, and none is kept."""

import contextvars
import gc
import weakref

import pytest

import livepatch
from livepatch.patching.commits import SESSIONS
from livepatch.runtime import swap, versions
from livepatch.runtime.sharing import write

MAKER = """
    def make(k):
        def inner(x=0):
            {doc}
            return {value}, k, x
        return inner
"""


def text(value, doc="pass"):
    return MAKER.format(value=value, doc=doc)


def results(closures):
    return [closure()[0] for closure in closures]


def patched(project, value, doc="pass"):
    project.write("app.py", text(value, doc))
    patch = project.refresh()
    assert patch.ok
    assert patch.number
    assert patch.notes == ()


def test_all_closures_follow_an_edit_its_undo_and_its_redo(project):
    app = project.start("app", text(0))
    made = [app.make(k) for k in range(50)]
    patched(project, 1)
    assert [closure() for closure in made] == [(1, k, 0) for k in range(50)]
    livepatch.undo()
    assert results(made) == [0] * 50
    livepatch.redo()
    assert results(made) == [1] * 50


def test_several_edits_are_taken_back_and_done_again_at_once(project):
    app = project.start("app", text(0))
    made = [app.make(1)]
    for value in (1, 2, 3):
        patched(project, value)
        made.append(app.make(value))
    livepatch.undo(3)
    assert results([*made, app.make(1)]) == [0] * 5
    livepatch.redo(2)
    assert results([*made, app.make(1)]) == [2] * 5
    livepatch.redo()
    assert results([*made, app.make(1)]) == [3] * 5


def test_edits_of_which_one_asks_for_more_than_code_are_taken_back_one_by_one(project):
    app = project.start("app", text(0))
    made = [app.make(k) for k in range(3)]
    patched(project, 1)
    patched(project, 2, '"""Doc."""')
    patched(project, 3, '"""Doc."""')
    patched(project, 4)
    for value, doc in ((3, "Doc."), (2, "Doc."), (1, None)):
        livepatch.undo()
        assert results(made) == [value] * 3
        assert made[0].__doc__ == doc
    livepatch.redo(3)
    assert results(made) == [4] * 3
    assert made[0].__doc__ is None
    livepatch.undo(4)
    assert results(made) == [0] * 3
    for value in (1, 2, 3, 4):
        livepatch.redo()
        assert results(made) == [value] * 3


def test_the_first_closure_is_made_after_the_edit_that_is_taken_back(project):
    app = project.start("app", text(0))
    patched(project, 1)
    made = app.make(1)
    patched(project, 2)
    assert made()[0] == 2
    livepatch.undo(2)
    assert made()[0] == 0
    livepatch.redo()
    assert made()[0] == 1


def test_what_the_program_has_given_a_closure_stays(project):
    app = project.start("app", text(0))
    made = [app.make(k) for k in range(3)]
    made[1].__defaults__ = (7,)
    made[2].mark = "mine"
    patched(project, 1)
    assert [closure() for closure in made] == [(1, 0, 0), (1, 1, 7), (1, 2, 0)]
    made[0].__defaults__ = (5,)
    livepatch.undo()
    assert [closure() for closure in made] == [(0, 0, 5), (0, 1, 7), (0, 2, 0)]
    assert made[2].mark == "mine"


def test_a_closure_that_is_dropped_after_an_edit_is_freed(project):
    app = project.start("app", text(0))
    made = [app.make(k) for k in range(3)]
    patched(project, 1)
    dropped = weakref.ref(made.pop())
    gc.collect()
    assert dropped() is None
    livepatch.undo()
    dropped = weakref.ref(made.pop())
    gc.collect()
    assert dropped() is None


def test_a_patch_that_fails_after_closures_were_served_takes_them_back(project):
    app = project.start("app", text(0))
    made = [app.make(k) for k in range(3)]
    project.write("app.py", text(1) + "    SEEN = make(9)()\n    1 / 0\n")
    assert not project.refresh().ok
    assert results([*made, app.make(1)]) == [0] * 4
    patched(project, 2)
    assert results([*made, app.make(1)]) == [2] * 4


def test_a_session_keeps_its_closures_until_it_ends(project):
    app = project.start("app", text(0))
    made = [app.make(k) for k in range(3)]

    def look():
        return contextvars.Context().run(results, made)  # as somebody who has no session

    with livepatch.session():
        patched(project, 1)
        patched(project, 2)
        assert (results(made), look()) == ([0] * 3, [2] * 3)
        livepatch.undo(2)
        assert (results(made), look()) == ([0] * 3, [0] * 3)
        livepatch.redo(2)
        assert (results(made), look()) == ([0] * 3, [2] * 3)
    assert results(made) == [2] * 3
    livepatch.undo()
    assert results(made) == [1] * 3


def test_closures_edited_before_a_session_are_taken_back_unseen_by_it(project):
    app = project.start("app", text(0))
    made = [app.make(k) for k in range(3)]
    patched(project, 1)
    with livepatch.session():
        livepatch.undo()
        assert results(made) == [1] * 3
    assert results(made) == [0] * 3
    livepatch.redo()
    assert results(made) == [1] * 3


def test_closures_become_generators_and_functions_again(project):
    app = project.start("app", text(0))
    made = [app.make(k) for k in range(3)]
    project.write("app.py", text(1).replace("return 1,", "yield 1,"))
    assert project.refresh().ok
    assert [next(closure()) for closure in made] == [(1, k, 0) for k in range(3)]
    livepatch.undo()
    assert results(made) == [0] * 3


def test_copies_of_a_function_follow_with_it(project):
    app = project.start("app", "def f():\n    return 0\n")
    copies = [type(app.f)(app.f.__code__, app.f.__globals__) for _ in range(3)]
    project.write("app.py", "def f():\n    return 1\n")
    assert project.refresh().ok
    assert [f() for f in (app.f, *copies)] == [1] * 4
    livepatch.undo()
    assert [f() for f in (app.f, *copies)] == [0] * 4


def test_functions_written_to_together_have_the_version_of_their_code():
    namespace = {}
    exec("def make():\n    def f(): return 0\n    return f\ndef g(): return 1", namespace)
    functions = [namespace["make"]() for _ in range(3)]
    before = versions.version_of(functions[0])
    new = namespace["g"].__code__
    inverse = swap.commit([write(functions[0].__code__, new, functions)])
    assert {f() for f in functions} == {1}
    assert {versions.version_of(f) for f in functions} == {versions.version_for(new)}
    swap.commit(inverse)
    assert {f() for f in functions} == {0}
    assert {versions.version_of(f) for f in functions} == {before}


def test_a_write_that_fails_takes_those_for_many_back():
    namespace = {}
    exec("def make():\n    def f(): return 0\n    return f\ndef g(): return 1", namespace)
    functions = [namespace["make"]() for _ in range(3)]
    old = functions[0].__code__
    cell = 5
    functions.append(lambda: cell)
    try:
        swap.commit([write(old, namespace["g"].__code__, functions)])
    except ValueError:
        pass
    else:
        raise AssertionError
    assert {f() for f in functions} == {0, 5}


def test_what_a_patch_wraps_and_what_shared_its_wrapper_go_back_together(project):
    text = "def wrap(fn):\n    def inner():\n        return fn() + {}\n    return inner\n\n"
    plain, wrapped = "def f():\n    return 1\n\n", "@wrap\ndef g():\n    return 2\n"
    app = project.start("app", text.format(10) + plain + wrapped)
    f, g = app.f, app.g
    project.write("app.py", "\n\n" + text.format(20) + "@wrap\n" + plain + wrapped)
    assert project.refresh().ok
    assert (f(), g()) == (21, 22)
    assert livepatch.undo().ok
    assert (f(), g()) == (1, 12)
    assert livepatch.redo().ok
    assert (f(), g()) == (21, 22)


@pytest.mark.parametrize("is_in_use", [False, True])
def test_a_closure_that_is_made_between_the_search_and_the_commit_is_new(
    project, monkeypatch, is_in_use
):
    app = project.start(
        "app", "def make():\n    def made():\n        return 1\n    return made\n"
    )
    made, commit = [], SESSIONS.commit

    def commit_late(writes, **how):
        made.append(app.make())  # as another thread may
        return commit(writes, **how)

    monkeypatch.setattr(SESSIONS, "commit", commit_late)
    session = livepatch.session()
    if is_in_use:
        contextvars.Context().run(session.__enter__)
    try:
        project.edit("app.py", "return 1", "return 2")
        assert project.refresh().ok
        assert [call() for call in made] == [2] * len(made)
    finally:
        SESSIONS.release(session)
    assert [call() for call in made] == [2] * len(made)
    monkeypatch.undo()
    livepatch.undo()
    assert [call() for call in made] == [1] * len(made)
