"""`livepatch check` prints a line for each edit and says by its status how grave they are."""

import json
import subprocess

import pytest

from livepatch.cli.check import main


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Give a folder to stand in, with the text that runs in `old.py`."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.py").write_text("def f(x=1):\n    return x\n")
    return tmp_path


def check(folder, text, capsys, *options):
    (folder / "app.py").write_text(text)
    status = main([*options, "--against", "old.py", "app.py"])
    return status, capsys.readouterr()


@pytest.mark.parametrize(
    ("text", "status", "said"),
    [
        ("def f(x=1):\n    return x\n", 0, "nothing would change\n"),
        ("def f(x=1):\n    return -x\n", 0, "safe"),
        ("def f(x=2):\n    return x\n", 1, "loses"),
        ("def f(x=1):\n    return x\n\n\nif __name__ == '__main__':\n    f()\n", 0, "nothing"),
    ],
)
def test_the_status_says_how_grave_the_gravest_edit_is(folder, capsys, text, status, said):
    found, printed = check(folder, text, capsys)
    assert found == status
    assert printed.out.startswith(said)


def test_a_line_names_the_place_and_the_definition(folder, capsys):
    _, printed = check(folder, "\ndef f(x=1):\n    return -x\n", capsys)
    assert printed.out.split()[:3] == ["safe", "app.py:2", "f"]


def test_a_text_that_is_no_python_has_a_status_of_its_own(folder, capsys):
    status, printed = check(folder, "def f(:\n", capsys)
    assert status == 3
    assert "a save would be held" in printed.err
    assert printed.out == ""


def test_findings_come_as_json(folder, capsys):
    _, printed = check(folder, "def f(x=2):\n    return x\n", capsys, "--json")
    (finding,) = json.loads(printed.out)
    assert finding.keys() == {"verdict", "slug", "qualname", "file", "line", "message"}
    assert (finding["verdict"], finding["slug"], finding["line"]) == ("loses", "default", 1)


def test_the_text_that_runs_is_that_of_git_unless_said_otherwise(folder, capsys):
    git = ["git", "-c", "user.name=a", "-c", "user.email=a@b"]
    subprocess.run([*git, "init", "-q"], check=True)
    (folder / "app.py").write_text("X = 1\n")
    subprocess.run([*git, "add", "app.py"], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "one"], check=True)
    assert main(["app.py"]) == 0
    (folder / "app.py").write_text("Y = 1\n")
    assert main(["app.py"]) == 1
    assert "loses" in capsys.readouterr().out
    assert main(["old.py"]) == 64
    assert "git has no old.py at HEAD" in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["--nonsense", "app.py"], ["--against"]])
def test_wrong_words_are_errors_with_the_usage(capsys, words):
    assert main(words) == 64
    assert capsys.readouterr().err.startswith("usage: livepatch check")
