"""Several patches taken back at once leave what was there before the oldest of them."""

import livepatch


def test_members_that_came_and_went_are_gone(project):
    app = project.start("app", "class C:\n    x = 1\n")
    project.write(
        "app.py", "class C:\n    x = 1\n    y = 2\n\n    def f(self):\n        return 1\n"
    )
    assert project.refresh().ok
    project.write("app.py", "class C:\n    x = 1\n")
    assert project.refresh().ok
    assert livepatch.undo(2).ok
    assert not hasattr(app.C, "y")
    assert not hasattr(app.C, "f")


def test_a_default_that_changed_and_came_back_is_the_first_object_again(project):
    app = project.start("app", "def f(x=[]):\n    return x\n")
    held = app.f()
    project.edit("app.py", "x=[]", "x=[1]")
    assert project.refresh().ok
    project.edit("app.py", "x=[1]", "x=[2]")
    assert project.refresh().ok
    assert livepatch.undo(2).ok
    assert app.f() is held
    assert livepatch.redo().ok
    assert app.f() == [1]
    assert livepatch.redo().ok
    assert app.f() == [2]
