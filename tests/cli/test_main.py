"""The command wires: what the watch is told, when, and what a mistake looks like."""

import os
import sys
import types

import pytest

from livepatch.cli import main as command
from livepatch.cli.args import USAGE, Options, TargetKind, help_page
from livepatch.cli.program import NoProgramError, locate, watch_roots
from livepatch.errors import LivepatchError


class Recorder:
    """A supervisor that writes down what it is told, in order."""

    def __init__(self):
        self.events = []

    def start(self, options, paths):
        self.events.append(("start", options, tuple(paths)))
        return self

    def on_main(self, module, file, data, code):
        self.events.append(("main", module, file, data, code))

    def stop(self):
        self.events.append(("stop",))


@pytest.fixture
def recorder():
    return Recorder()


@pytest.fixture
def at_exit(monkeypatch, tmp_path):
    """Let a program run in this process; give what was registered to run at its exit."""
    registered = []
    monkeypatch.setattr("atexit.register", lambda *call: registered.append(call))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
    monkeypatch.setattr(sys, "argv", ["livepatch"])
    monkeypatch.setattr(sys, "path", ["first", *sys.path])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.chdir(tmp_path)
    return registered


def test_the_watch_begins_before_the_program_and_ends_at_exit(recorder, at_exit, tmp_path):
    file = tmp_path / "app.py"
    file.write_text("import sys\nsys.argv.append(__file__)\n")
    assert command.main(["app.py", "x"], start=recorder.start) == 0
    (started, options, paths), (main, module, name, data, code) = recorder.events
    assert (started, main) == ("start", "main")
    assert options == Options("app.py", TargetKind.PATH, arguments=("x",))
    assert paths == (os.path.realpath(tmp_path),)
    assert (name, data) == (str(file), file.read_bytes())
    assert (code.co_filename, code.co_name) == (str(file), "<module>")
    assert isinstance(module, types.ModuleType)
    assert module is sys.modules["__main__"]
    assert sys.argv == ["app.py", "x", str(file)]
    ((function, *arguments),) = at_exit
    function(*arguments)
    assert recorder.events[2:] == [("stop",)]


def test_main_is_told_of_before_its_first_line_runs(recorder, at_exit, tmp_path):
    (tmp_path / "app.py").write_text("1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        command.main(["app.py"], start=recorder.start)
    assert [event[0] for event in recorder.events] == ["start", "main"]
    assert len(at_exit) == 1


def test_a_fork_does_not_end_the_watch_of_its_parent(recorder, at_exit, monkeypatch, tmp_path):
    (tmp_path / "app.py").write_text("")
    command.main(["app.py"], start=recorder.start)
    ((function, *arguments),) = at_exit
    monkeypatch.setattr("os.getpid", lambda: -1)
    function(*arguments)
    assert ("stop",) not in recorder.events


@pytest.mark.usefixtures("at_exit")
def test_an_error_of_livepatch_that_the_program_raises_is_the_programs(recorder, tmp_path):
    (tmp_path / "app.py").write_text(
        "from livepatch.errors import *\nraise UsageError('its own')\n"
    )
    with pytest.raises(LivepatchError, match="its own"):
        command.main(["app.py"], start=recorder.start)


@pytest.mark.usefixtures("at_exit")
def test_the_named_paths_are_watched_in_place_of_the_default(recorder, tmp_path):
    (tmp_path / "app.py").write_text("")
    (tmp_path / "lib").mkdir()
    command.main(["-w", "lib", "-w", "app.py", "app.py"], start=recorder.start)
    assert recorder.events[0][2] == ("lib", "app.py")


@pytest.mark.usefixtures("at_exit")
def test_no_program_starts_without_a_file(recorder, capsys):
    assert command.main(["-v", "missing.py"], start=recorder.start) == 2
    assert recorder.events == []
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("livepatch: can't open file ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--nonsense"],
            "unknown option --nonsense; the program's own options go after its name",
        ),
        ([], "nothing to run: name a script, or a module with -m"),
        (["-w", "gone", "app.py"], "option -w: there is no 'gone'"),
    ],
)
def test_a_mistake_is_answered_on_stderr_with_the_usage(capsys, words, message):
    assert command.main(words) == 2
    assert capsys.readouterr() == ("", f"{USAGE}livepatch: {message}\n")


def test_the_help_page_goes_to_stdout(capsys):
    assert command.main(["--help"]) == 0
    assert capsys.readouterr() == (help_page(), "")


def test_the_version_names_the_interpreter_too(capsys):
    assert command.main(["--version"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith("livepatch ")
    assert f"({sys.implementation.name} {sys.version.split()[0].rstrip('+')}" in out
    assert err == ""


def roots(target, kind):
    return watch_roots(locate(Options(target, kind)))


@pytest.fixture
def tree(tmp_path, monkeypatch):
    for name in ["app.py", "pack/__init__.py", "pack/sub/mod.py", "space/part/mod.py"]:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("raise AssertionError('imported')\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("target", "kind", "watched"),
    [
        ("app.py", TargetKind.PATH, "."),
        ("pack/../app.py", TargetKind.PATH, "."),
        ("pack/sub/mod.py", TargetKind.PATH, "pack/sub"),
        ("app", TargetKind.MODULE, "."),
        ("pack.sub.mod", TargetKind.MODULE, "pack"),
        ("space.part.mod", TargetKind.MODULE, "space"),
    ],
)
def test_the_folder_of_the_program_is_watched_and_nothing_is_imported(
    tree, target, kind, watched
):
    assert [os.path.realpath(root) for root in roots(target, kind)] == [
        os.path.realpath(tree / watched)
    ]


def test_the_link_is_followed_to_the_folder_of_the_script(tree):
    (tree / "pack" / "link.py").symlink_to("../app.py")
    assert roots("pack/link.py", TargetKind.PATH) == (os.path.realpath(tree),)


@pytest.mark.usefixtures("tree")
@pytest.mark.parametrize("name", ["sys", "zipimport", "no_such_module_at_all"])
def test_there_is_nothing_to_watch_where_there_is_no_folder(name):
    assert roots(name, TargetKind.MODULE) == ()


@pytest.mark.usefixtures("tree")
def test_a_name_without_a_file_is_no_program():
    with pytest.raises(NoProgramError, match="no such file"):
        locate(Options("gone.py", TargetKind.PATH))
