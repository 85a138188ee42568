"""What a save would do is said before it, and nothing is touched."""

import sys

import pytest

import livepatch
from livepatch.errors import SourceError
from livepatch.model import Verdict

TEXT = "TABLE = [1]\n\n\ndef f(x=1):\n    return x\n"


def test_a_file_is_compared_with_what_the_program_runs(project):
    app = project.start("app", TEXT)
    path = project.path("app.py")
    assert livepatch.check(path) == ()
    project.edit("app.py", "return x", "return -x")
    (finding,) = livepatch.check(path)
    assert (finding.verdict, finding.qualname, finding.line) == (Verdict.SAFE, "f", 4)
    assert app.f() == 1
    assert project.refresh().ok
    assert livepatch.check(path) == ()


def test_a_draft_in_another_file_is_compared_in_its_place(project):
    project.start("app", TEXT)
    draft = project.write("draft.txt", TEXT.replace("[1]", "[2]"))
    (finding,) = livepatch.check(project.path("app.py"), draft)
    assert (finding.verdict, finding.slug) == (Verdict.LOSES, "executed")


def test_a_file_that_no_module_was_made_from_is_an_error(project):
    with pytest.raises(livepatch.NotTrackedError):
        livepatch.check(project.write("app.py", TEXT))


def test_a_text_that_is_no_python_is_an_error_with_its_line(project):
    project.start("app", TEXT)
    project.write("app.py", TEXT + "def g(:\n")
    with pytest.raises(SourceError) as caught:
        livepatch.check(project.path("app.py"))
    assert caught.value.line == 6


def test_a_broken_file_whose_module_is_gone_holds_nobody_up(project):
    app = project.start("app", TEXT)
    project.start("gone", TEXT)
    project.write("gone.py", "def broken(:\n")
    assert not project.refresh().ok
    del sys.modules["gone"]
    project.edit("app.py", "return x", "return -x")
    assert project.refresh().ok
    assert app.f() == -1
