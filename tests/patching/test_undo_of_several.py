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


def test_a_cache_that_comes_back_is_empty(project):
    plain = "def f():\n    return g()\n\n\ndef g():\n    yield 1\n"
    cached = f"import functools\n\n\n@functools.cache\n{plain}"
    app = project.start("app", plain)
    project.write("app.py", cached)
    assert project.refresh().ok
    assert list(app.f()) == [1]
    for _ in range(3):
        assert livepatch.undo().ok
        assert list(app.f()) == [1]
        assert livepatch.redo().ok
        assert list(app.f()) == [1]
    project.write("app.py", plain)
    assert project.refresh().ok
    assert livepatch.undo().ok
    assert list(app.f()) == [1]
