"""Line numbers of code that moved, where something else happens to it as well."""

import inspect
import sys
import traceback

import pytest

import livepatch


def line_of_the_error(call):
    try:
        call()
    except ZeroDivisionError as error:
        return traceback.extract_tb(error.__traceback__)[-1].lineno
    return None


def test_a_method_that_was_traced_has_the_lines_of_the_file_after_it_moved(project):
    app = project.start("app", "class C:\n    def go(self):\n        return 1 / 0\n")
    held = app.C().go
    before = sys.gettrace()
    sys.settrace(lambda *_: lambda *_: None)
    try:
        assert line_of_the_error(held) == 3
    finally:
        sys.settrace(before)
    project.write("app.py", "\n\n\nclass C:\n    def go(self):\n        return 1 / 0\n")
    assert project.refresh().ok
    assert line_of_the_error(held) == 6


WRAPS = """import functools

def note(fn):
    @functools.wraps(fn)
    def wrapper(*args):
        return fn(*args) / 0
    return wrapper
"""


def test_what_a_moved_decorator_newly_wraps_has_the_lines_of_the_file(project):
    app = project.start("app", WRAPS + "\ndef go():\n    return 1\n")
    held = app.go
    project.write("app.py", "\n\nX = 1\n" + WRAPS + "\n@note\ndef go():\n    return 1\n")
    assert project.refresh().ok
    assert line_of_the_error(app.go) == line_of_the_error(held) == 9


def test_what_a_moved_decorator_of_another_module_newly_wraps_has_its_lines(project):
    project.start("tool", WRAPS)
    app = project.start("app", "import tool\n\ndef go():\n    return 1\n")
    held = app.go
    project.write("tool.py", "\n\nX = 1\n" + WRAPS)
    project.write("app.py", "import tool\n\n@tool.note\ndef go():\n    return 1\n")
    assert project.refresh().ok
    assert line_of_the_error(app.go) == line_of_the_error(held) == 9


def test_what_is_no_longer_wrapped_by_a_moved_decorator_is_plain(project):
    app = project.start("app", WRAPS + "\ndef go():\n    return 1\n")
    held = app.go
    project.write("app.py", WRAPS + "\n@note\ndef go():\n    return 1\n")
    assert project.refresh().ok
    project.write("app.py", "X = 1\n" + WRAPS + "\ndef go(p):\n    return p\n")
    assert project.refresh().ok
    assert held(2) == app.go(2) == 2


def test_functions_that_swapped_names_have_their_own_lines_where_sessions_are_in_use(project):
    with livepatch.session():
        pass
    before = "def f(p=103):\n    return 102, p\n\n\ndef g(p):\n    return f, p\n"
    after = "def g(p=103):\n    return 102, p\n\n\ndef f(p):\n    return f, p\n"
    app = project.start("app", before)
    project.write("app.py", after)
    assert project.refresh().ok
    assert app.g(1) == (102, 1)
    assert (app.g.__code__.co_firstlineno, app.f.__code__.co_firstlineno) == (1, 5)
    assert inspect.getsource(app.g).startswith("def g(p=103)")


MAKES_CLASSES = """def make(base=object):
    class Outer(base):
        limit = 70

        class Inner:
            def go(self):
                return __class__

        def go(self):
            return self.limit

    return Outer
"""


@pytest.mark.skipif(sys.version_info < (3, 13), reason="classes do not know their lines")
@pytest.mark.parametrize("lines", [3, 68, 300])
def test_classes_made_by_a_function_that_moved_know_the_lines_of_the_file(project, lines):
    app = project.start("app", MAKES_CLASSES)
    make = app.make
    project.write("app.py", "\n" * lines + MAKES_CLASSES)
    assert project.refresh().ok
    made = make()
    assert (made.__firstlineno__, made.Inner.__firstlineno__) == (lines + 2, lines + 5)
    assert inspect.getsource(made.Inner).lstrip().startswith("class Inner")
    assert made().go() == 70
    livepatch.undo()
    assert make().Inner.__firstlineno__ == 5


@pytest.mark.skipif(sys.version_info < (3, 13), reason="classes do not know their lines")
def test_a_function_that_moved_and_makes_classes_is_the_code_of_the_file(project):
    app = project.start("app", MAKES_CLASSES)
    text = "FIRST = 1\n" + MAKES_CLASSES
    project.write("app.py", text)
    assert project.refresh().ok
    fresh = {}
    exec(compile(text, str(project.path("app.py")), "exec"), fresh)
    assert app.make.__code__ == fresh["make"].__code__


def test_a_wrapper_that_is_another_function_s_now_follows_its_moved_decorator(project):
    text = "import functools\n\n\ndef wrap(fn):\n    @functools.wraps(fn)\n    def wrapper():\n        return 1, fn()\n    return wrapper\n"
    app = project.start(
        "app",
        '"""Doc."""\n\n' + text + "def f():\n    return 2\n@wrap\ndef g():\n    return 3\n",
    )
    project.write("app.py", text + "@wrap\ndef f():\n    return 3\ndef g():\n    return 2\n")
    assert project.refresh().ok
    project.edit("app.py", "return 1, fn()", "return 4, fn()")
    assert project.refresh().notes == ()
    assert (app.f(), app.g()) == ((4, 3), 2)
