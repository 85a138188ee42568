"""Objects that hold code themselves are told of patches, in the protocol of jurigged and codefind."""

import subprocess
import sys
from importlib.util import find_spec

import pytest

import livepatch


class Holder:
    """Holds the code of a function in a slot, and what it was told."""

    __slots__ = ("code", "told")

    def __init__(self, code):
        self.code = code
        self.told = []

    def __conform__(self, new):
        self.told.append(new)
        if new is not None:
            self.code = getattr(new, "__code__", new)


def test_a_holder_of_code_is_told_of_the_function_that_replaced_it(project):
    app = project.start("app", "def f():\n    return 1\n")
    holder = Holder(app.f.__code__)
    project.edit("app.py", "return 1", "return 2")
    assert project.refresh().ok
    assert holder.told == [app.f]
    assert holder.code is app.f.__code__


def test_a_holder_follows_an_undo_and_a_redo(project):
    app = project.start("app", "def f():\n    return 1\n")
    old = app.f.__code__
    holder = Holder(old)
    project.edit("app.py", "return 1", "return 2")
    project.refresh()
    livepatch.undo()
    assert holder.code is old
    livepatch.redo()
    assert holder.code is app.f.__code__ is not old


def test_a_holder_is_told_none_when_the_definition_goes_and_the_function_when_it_is_back(
    project,
):
    app = project.start("app", "def f():\n    return 1\n\nX = 1\n")
    function = app.f
    holder = Holder(function.__code__)
    project.write("app.py", "X = 1\n")
    assert project.refresh().ok
    livepatch.undo()
    assert holder.told == [None, function]


def test_a_holder_of_a_removed_method_is_told_none(project):
    app = project.start("app", "class C:\n    x = 1\n\n    def f(self):\n        return 1\n")
    holder = Holder(app.C.f.__code__)
    project.write("app.py", "class C:\n    x = 1\n")
    assert project.refresh().ok
    assert holder.told == [None]


def test_a_holder_of_the_code_of_an_inner_function_is_told_of_the_new_code(project):
    app = project.start(
        "app", "def make():\n    def inner():\n        return 1\n    return inner\n"
    )
    code = app.make().__code__
    holder = Holder(code)
    project.edit("app.py", "return 1", "return 2")
    assert project.refresh().ok
    assert holder.code is app.make().__code__
    livepatch.undo()
    assert holder.code is code


def test_what_a_holder_raises_holds_the_patch(project):
    class Stubborn(Holder):
        __slots__ = ()

        def __conform__(self, new):
            super().__conform__(new)
            if len(self.told) == 1:
                message = "not now"
                raise RuntimeError(message)

    app = project.start("app", "X = 1\n\n\ndef f():\n    return 1\n")
    old = app.f.__code__
    holder = Stubborn(old)
    project.write("app.py", "X = 2\n\n\ndef f():\n    return 2\n")
    patch = project.refresh()
    assert not patch.ok
    assert "not now" in patch.errors[0].message
    assert (app.X, app.f()) == (1, 1)
    assert holder.code is old


def test_an_object_that_answers_to_any_name_is_no_holder(project):
    class Anything:
        def __init__(self, code):
            self.code = code

        def __getattr__(self, name):
            return pytest.fail(f"{name} was asked for")

    app = project.start("app", "def f():\n    return 1\n")
    kept = Anything(app.f.__code__)
    project.edit("app.py", "return 1", "return 2")
    assert project.refresh().ok
    assert kept.code is not app.f.__code__


PROGRAM = """
import pathlib, sys
import codefind
import livepatch, livepatch.api
sys.dont_write_bytecode = True
sys.path.insert(0, sys.argv[1])
file = pathlib.Path(sys.argv[1], "app.py")
file.write_text("def f():\\n    return 1\\n\\n\\ndef g():\\n    return 3\\n")
import app
livepatch.api.default_patcher().track(app, str(file), file.read_bytes())
old = app.f.__code__
assert codefind.find_code("f", filename=str(file)) is old
file.write_text("def f():\\n    return 2\\n\\n\\ndef g():\\n    return 3\\n")
assert livepatch.refresh().ok
assert codefind.find_code("f", filename=str(file)) is app.f.__code__ is not old
assert codefind.code_registry.functions[app.f.__code__] == {app.f}
livepatch.undo()
assert codefind.find_code("f", filename=str(file)) is app.f.__code__ is old
print("in step")
"""


@pytest.mark.skipif(find_spec("codefind") is None, reason="codefind is not installed")
def test_the_registry_of_codefind_is_kept_in_step_where_it_is_loaded(tmp_path):
    done = subprocess.run(  # in a process of its own: its audit hook stays for ever
        [sys.executable, "-c", PROGRAM, str(tmp_path)],
        capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert done.stdout == "in step\n", done.stderr
