"""A project loader makes a module of a name and a text, and patches it from then on."""

import inspect
import sys
import traceback

import pytest

from livepatch.errors import ScriptRefusedError, UsageError
from livepatch.hosting import ProjectLoader

CODE = "LIMIT = 1\n\ndef f():\n    return LIMIT\n\ndef fail():\n    raise ValueError(LIMIT)\n"


@pytest.fixture
def load(patcher):
    before = set(sys.modules)
    yield lambda name, code: ProjectLoader(
        {"script_name": name, "code": code}, patcher=patcher
    ).load_module()
    for name in set(sys.modules) - before:
        del sys.modules[name]


def test_a_project_becomes_a_module_without_a_file(load):
    module = load("lp_project", CODE)
    assert (module.__name__, module.f()) == ("lp_project", 1)
    assert sys.modules["lp_project"] is module
    assert inspect.getsource(module.f) == "def f():\n    return LIMIT\n"


def test_the_same_name_again_is_the_same_module_patched(load):
    module = load("lp_project", CODE)
    f = module.f
    assert load("lp_project", CODE.replace("return LIMIT", "return -LIMIT")) is module
    assert f() == -1


def test_a_traceback_shows_the_projects_own_lines(load):
    module = load("lp_project", "# a line\n" + CODE)
    try:
        module.fail()
    except ValueError:
        assert "raise ValueError(LIMIT)" in traceback.format_exc()


@pytest.mark.parametrize("bad", ["def f(:\n", "1 / 0\n", ""])
def test_a_bad_text_is_refused_and_the_old_one_goes_on(load, bad):
    module = load("lp_project", CODE)
    with pytest.raises(ScriptRefusedError, match="lp_project"):
        load("lp_project", bad)
    assert module.f() == 1


def test_a_bad_first_text_leaves_nothing(load, patcher):
    with pytest.raises(ScriptRefusedError, match="<project lp_bad>:1: ZeroDivisionError"):
        load("lp_bad", "1 / 0\n")
    assert "lp_bad" not in sys.modules
    assert not patcher.files()


def test_a_project_hides_no_module_of_its_name(load):
    import json

    assert load("json", CODE).f() == 1
    assert sys.modules["json"] is json


@pytest.mark.parametrize("project", [{}, {"script_name": "x"}, {"script_name": 1, "code": ""}])
def test_a_project_without_name_or_code_is_an_error(project):
    with pytest.raises(UsageError, match="must be given, as a string"):
        ProjectLoader(project)
