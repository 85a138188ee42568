"""The session of a prompt: saved changes before each input, and verbs to look and to steer."""

import code
import importlib
import os
import sys
from pathlib import Path

import pytest

from livepatch import api
from livepatch.errors import UsageError
from livepatch.ext import prompt
from livepatch.ext.brief import brief
from livepatch.ext.session import PromptSession
from livepatch.model import Change, ChangeKind, Note, Patch, Refusal
from livepatch.patching.front import Front

PROCESS_TESTS = Path(__file__).resolve().parents[1] / "process"


@pytest.fixture
def said():
    return []


@pytest.fixture
def session(monkeypatch, said):
    """Give a session over a patcher of its own."""
    for name, module in list(sys.modules.items()):
        # pytest leaves test modules that skipped themselves half executed; a session would
        # compare them with their files, and complete them.
        if str(getattr(module, "__file__", None) or "").startswith(str(PROCESS_TESTS)):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(api, "_front", Front())
    monkeypatch.setattr(api, "_watches", [])
    names = {"__name__": "__main__"}
    made = PromptSession(namespace=lambda: names, write=said.append)
    yield made
    made.stop()


def imported(project, text):
    project.write("work.py", text)
    importlib.invalidate_caches()
    return importlib.import_module("work")


def test_what_was_saved_is_applied_before_the_next_input_and_reported_in_one_line(
    project, session, said
):
    session.start()
    work = imported(project, "def f():\n    return 1\n")
    project.edit("work.py", "1", "2")
    session.before()
    assert work.f() == 2
    assert "".join(said).count("\n") == 1
    assert "~ f" in said[0]


def test_modules_imported_before_the_session_are_patched_too(project, session):
    work = imported(project, "def f():\n    return 1\n")
    project.edit("work.py", "1", "2")
    session.start()
    session.before()
    assert work.f() == 2


def test_a_broken_file_is_told_of_once_and_held(project, session, said):
    session.start()
    work = imported(project, "def f():\n    return 1\n")
    good = project.path("work.py").read_text()
    project.path("work.py").write_text("def f(:\n")
    session.before()
    session.after()
    session.before()
    assert sum("held" in line for line in said) == 1
    assert session.held == (str(project.path("work.py")),)
    project.path("work.py").write_text(good.replace("1", "2"))
    session.before()
    assert (session.held, work.f()) == ((), 2)


def test_stopped_it_applies_nothing(project, session):
    session.start()
    work = imported(project, "def f():\n    return 1\n")
    session.stop()
    project.edit("work.py", "1", "2")
    session.before()
    assert (work.f(), session.is_on) == (1, False)


def test_the_standard_library_packages_and_livepatch_itself_are_left_alone(session):
    site = str(Path(sys.prefix) / "lib" / "site-packages" / "thing.py")
    assert not session.wants(site)
    assert not session.wants(os.__file__)
    assert not session.wants(api.__file__)
    assert session.wants(str(Path("work.py").resolve()))


def test_undo_redo_diff_history_and_status_say_what_they_did(project, session, said):
    session.start()
    work = imported(project, "def f():\n    return 1\n")
    project.edit("work.py", "1", "2")
    session.update()
    session.diff()
    assert "-    return 1\n+    return 2\n" in said[-1]
    session.undo()
    assert work.f() == 1
    session.status()
    assert "on disk, not applied: f" in said[-1]
    session.redo()
    assert work.f() == 2
    assert len(session.history()) == 3


def test_patch_changes_and_save_writes_it_to_the_file(project, session):
    session.start()
    work = imported(project, "def f():\n    return 1\n\n# tail\n")
    session.patch(work.f, "def f():\n    return 3\n")
    assert work.f() == 3
    assert session.save() == [str(project.path("work.py"))]
    assert project.path("work.py").read_text() == "def f():\n    return 3\n\n# tail\n"


@pytest.mark.skipif(os.name == "nt", reason="a shell script")
def test_edit_opens_the_editor_on_the_definition_and_applies_what_was_saved(
    project, session, monkeypatch
):
    session.start()
    work = imported(project, "X = 0\n\ndef f():\n    return 1\n")
    script = project.write("editor.py", """
        import sys
        where, file = sys.argv[1:]
        text = open(file).read().replace("return 1", f"return {where!r}")
        open(file, "w").write(text)
    """)  # fmt: skip
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.setenv("EDITOR", f"{sys.executable} {script}")
    session.edit(work.f)
    assert work.f() == "+3"


def test_edit_without_an_editor_says_what_is_missing(project, session, monkeypatch):
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    work = imported(project, "def f():\n    return 1\n")
    with pytest.raises(UsageError, match="EDITOR"):
        session.edit(work.f)


def test_consoles_of_the_module_code_tell_the_session_around_each_input(project, session):
    undo = prompt.hook_consoles(session, lambda: None)
    session.start()
    try:
        work = imported(project, "def f():\n    return 1\n")
        seen = []
        console = code.InteractiveConsole({"work": work, "seen": seen})
        project.edit("work.py", "1", "2")
        console.push("seen.append(work.f())")
    finally:
        undo()
    assert seen == [2]
    assert "runcode" in vars(code.InteractiveInterpreter)
    assert code.InteractiveInterpreter.runcode.__module__ == "code"


def test_the_classic_prompt_gets_ready_when_it_is_shown_and_says_what_is_held(
    project, session, monkeypatch
):
    monkeypatch.setattr(sys, "ps1", "=> ", raising=False)
    undo = prompt.hook_python(session)
    session.start()
    try:
        work = imported(project, "def f():\n    return 1\n")
        project.edit("work.py", "1", "2")
        assert (sys.ps1 + "", str(sys.ps1), work.f()) == ("=> ", "=> ", 2)
        project.path("work.py").write_text("def f(:\n")
        assert str(sys.ps1) == "[held] => "
    finally:
        undo()
    assert sys.ps1 == "=> "


def test_a_watch_that_reports_by_itself_is_not_repeated(project, session, said):
    session.start()
    imported(project, "def f():\n    return 1\n")
    project.edit("work.py", "1", "2")
    with api.watch(str(project.folder), poll=600) as watch:
        watch.reporter.mute()
        session.before()
        assert said == []
        watch.hush()
        session.undo()
        session.report()
    assert "undo" in said[0]


def test_a_brief_report_has_one_line_for_changes_and_one_for_notes():
    changes = tuple(Change(ChangeKind.UPDATED, f"f{n}", "/a.py", n) for n in range(6))
    notes = (Note("stale-value", "X", "/a.py", 1, "is kept"),) * 2
    text = brief(Patch(3, changes=changes, notes=notes), color=False, ascii=True)
    assert text.splitlines()[0].startswith(
        "livepatch  patch 3 | ~ f0, ~ f1, ~ f2, ~ f3 and 2 more"
    )
    assert len(text.splitlines()) == 2


def test_a_brief_report_of_a_refusal_names_the_place_and_shows_the_line():
    error = Refusal(
        "source", "/a.py", 9, "SyntaxError: no", line_text="  x(\n", waiting=("/b",)
    )
    lines = brief(Patch(0, errors=(error,)), color=False, ascii=True).splitlines()
    assert lines[0].endswith("a.py:9: SyntaxError: no (1 more file waits)")
    assert lines[1].strip() == "x("


def test_nothing_to_say_is_nothing():
    assert brief(Patch(0), color=False, ascii=True) == ""
