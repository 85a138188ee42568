"""Who holds the object that a decorator made goes on with what the new decorators make."""

import functools

import pytest

import livepatch

COUNTED = """
class Counted:
    def __init__(self, function, tag):
        self.function = function
        self.tag = tag
        self.calls = 0

    def __call__(self, *arguments):
        self.calls += 1
        return self.tag, self.function(*arguments)


def counted(tag):
    return lambda function: Counted(function, tag)


@counted("old")
def f(x):
    return x


held = [f]
"""


def test_an_object_of_a_plain_class_becomes_what_the_new_decorator_made(project):
    app = project.start("app", COUNTED)
    old = app.f
    old(1)
    project.edit("app.py", '@counted("old")', '@counted("new")')
    patch = project.refresh()
    assert patch.ok
    assert not [note for note in patch.notes if note.slug == "old-wrapper"]
    assert app.f is old is app.held[0]
    assert old(2) == ("new", 2)
    assert old.calls == 1


def test_an_undo_gives_it_its_old_state_back(project):
    app = project.start("app", COUNTED)
    old = app.f
    old(1)
    project.edit("app.py", '@counted("old")', '@counted("new")')
    project.refresh()
    livepatch.undo()
    assert old.calls == 1
    assert old(2) == app.f(2) == ("old", 2)


def test_a_holder_of_an_object_that_cannot_follow_is_told_of(project):
    app = project.start("app", COUNTED)
    project.edit("app.py", '@counted("old")\n', "")
    patch = project.refresh()
    assert app.f(2) == 2
    assert app.held[0](2) == ("old", 2)
    assert [note.qualname for note in patch.notes if note.slug == "old-wrapper"] == ["f"]


def test_nothing_is_said_of_an_object_that_nobody_else_holds(project):
    app = project.start("app", COUNTED.replace("held = [f]", ""))
    project.start("user", "from app import f\n")
    project.edit("app.py", '@counted("old")\n', "")
    patch = project.refresh()
    assert not [note for note in patch.notes if note.slug == "old-wrapper"]
    assert project.get("user.f") is app.f


def test_a_cache_that_is_given_another_size_says_who_keeps_the_old_one(project):
    app = project.start(
        "app",
        """
        import functools

        @functools.lru_cache(maxsize=3)
        def f(x):
            return x

        class C:
            @functools.lru_cache(maxsize=3)
            def m(self):
                return 1
        """,
    )
    held = functools.partial(app.f)
    project.write("app.py", project.path("app.py").read_text().replace("=3", "=4"))
    patch = project.refresh()
    assert app.f.cache_info().maxsize == app.C.m.cache_info().maxsize == 4
    assert held(1) == 1
    assert [note.qualname for note in patch.notes if note.slug == "old-wrapper"] == ["f"]


WRAPT = """
import wrapt


def tagged(tag):
    @wrapt.decorator
    def decorate(wrapped, instance, arguments, keywords):
        return tag, wrapped(*arguments, **keywords)
    return decorate


@tagged("a")
def f(x):
    return "old", x


class C:
    @tagged("m")
    def m(self):
        return "old"
"""


@pytest.fixture
def wrapped(project):
    pytest.importorskip("wrapt")
    return project.start("app", WRAPT)


def test_a_proxy_of_wrapt_runs_new_bodies_and_shows_new_signatures(project, wrapped):
    import inspect

    f, c = wrapped.f, wrapped.C()
    m = c.m
    project.edit(
        "app.py", 'def f(x):\n    return "old", x', 'def f(x, y=2):\n    return "new", y'
    )
    project.edit("app.py", 'return "old"\n', 'return "new"\n')
    assert project.refresh().ok
    assert f(1) == ("a", ("new", 2))
    assert str(inspect.signature(f)) == "(x, y=2)"
    assert m() == c.m() == ("m", "new")


def test_a_proxy_of_wrapt_gets_the_new_wrapper_where_sessions_are_in_use(project, wrapped):
    f = wrapped.f
    with livepatch.session():
        assert f(1) == ("a", ("old", 1))
    project.edit("app.py", '@tagged("a")', '@tagged("b")')
    assert project.refresh().ok
    assert f(1) == ("b", ("old", 1))


def test_a_proxy_of_wrapt_that_is_held_gets_the_new_wrapper(project, wrapped):
    f, c = wrapped.f, wrapped.C()
    project.edit("app.py", '@tagged("a")', '@tagged("b")')
    project.edit("app.py", '@tagged("m")', '@tagged("n")')
    assert project.refresh().ok
    assert f is wrapped.f
    assert f(1) == ("b", ("old", 1))
    assert c.m() == ("n", "old")
    livepatch.undo()
    assert f(1) == ("a", ("old", 1))
    assert c.m() == ("m", "old")


def test_a_proxy_of_wrapt_whose_decorator_went_passes_calls_on(project, wrapped):
    f = wrapped.f
    project.edit("app.py", '@tagged("a")\n', "")
    assert project.refresh().ok
    assert f(1) == wrapped.f(1) == ("old", 1)
    project.edit("app.py", 'return "old", x', 'return "new", x')
    project.refresh()
    assert f(1) == wrapped.f(1) == ("new", 1)


def test_a_bound_method_of_a_proxy_keeps_its_wrapper_and_the_report_says_so(project, wrapped):
    m = wrapped.C().m
    project.edit("app.py", '@tagged("m")', '@tagged("n")')
    patch = project.refresh()
    assert m() == ("m", "old")
    assert [note.qualname for note in patch.notes if note.slug == "old-wrapper"] == ["C.m"]
