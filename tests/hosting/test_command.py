"""The sub-command `livepatch scripts`."""

import io
import re
import sys

import pytest

pytest.importorskip("sqlalchemy")

from livepatch.cli.commands import COMMANDS, carry_out
from livepatch.hosting import ScriptStore

SCRIPT = """\
from livepatch.hosting import BaseHandler

class Greeter(BaseHandler):
    def execute(self, name="you"):
        print("hello", name)
        self.sub_task("callback", 1)
        return len(name)

    def callback(self, error):
        raise ValueError(error)
"""


@pytest.fixture
def shell(tmp_path, monkeypatch, capsys):
    """Give a function that runs `livepatch scripts WORDS`; it gives status, stdout, stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("LIVEPATCH_SCRIPTS", raising=False)
    (tmp_path / "greet.py").write_text(SCRIPT)

    def run(*words):
        try:
            status = carry_out(COMMANDS["scripts"], words)
        except SystemExit as end:
            status = end.code
        return status, *capsys.readouterr()

    return run


def test_a_script_is_put_listed_run_and_restored(shell, tmp_path):
    assert shell("put", "greet", "greet.py", "--author", "ada") == (0, "greet version 1\n", "")
    (tmp_path / "greet.py").write_text(SCRIPT.replace("hello", "good morning"))
    assert shell("put", "greet", "greet.py", "--note", "politer")[1] == "greet version 2\n"
    day = r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d"
    assert re.fullmatch(rf"greet  v2  {day}  [0-9a-f]{{12}}  politer\n", shell("list")[1])
    assert shell("run", "greet", "execute", "bob") == (
        0, "good morning bob\n3\nsub-task: greet callback(1)\n", "",
    )  # fmt: skip
    history = shell("history", "greet")[1].splitlines()
    assert [line.split("  ")[0] for line in history] == ["v1", "v2"]
    assert history[0].endswith("  ada")
    restored = shell("restore", "greet", "1", "--author", "eve")
    assert restored == (0, "greet version 3: version 1 restored by eve\n", "")
    assert shell("run", "greet")[1].startswith("hello you\n")


def test_a_script_that_raises_exits_1_with_its_own_traceback(shell):
    shell("put", "greet", "greet.py")
    status, out, err = shell("run", "greet", "callback", "no")
    assert (status, out) == (1, "")
    assert err.startswith(
        'Traceback (most recent call last):\n  File "<script greet>", line 10'
    )
    assert err.endswith("ValueError: no\n")


def test_code_that_does_not_compile_is_not_stored(shell, tmp_path):
    (tmp_path / "bad.py").write_text("x = 1\ndef f(:\n")
    status, _, err = shell("put", "bad", "bad.py")
    assert status == 1
    assert "bad.py:2: SyntaxError" in err
    assert "nothing was stored" in err
    assert shell("list")[1] == ""


def test_the_code_may_come_from_standard_input(shell, monkeypatch):
    monkeypatch.setattr(sys, "stdin", io.StringIO(SCRIPT))
    assert shell("put", "greet", "-")[0] == 0
    assert shell("run", "greet")[0] == 0


def test_a_conflict_is_told_and_stores_nothing(shell):
    shell("put", "greet", "greet.py")
    status, _, err = shell("put", "greet", "greet.py", "--expect", "7")
    assert status == 1
    assert err == "livepatch scripts: greet: version 7 was expected, the newest is 1\n"


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (("run", "nothing"), 1, "the script nothing is not there"),
        (("history", "nothing"), 1, "the script nothing is not there"),
        (("restore", "nothing", "1"), 1, "nothing, version 1 is not there"),
        (("put", "x", "nothing.py"), 2, "nothing.py: No such file"),
        (("--store", "nonsense", "list"), 2, "no database URL"),
        (("--store", "sqlite:////no/such/folder/x.db", "list"), 1, "unable to open"),
        (("run",), 2, "required: name"),
        ((), 2, "required: VERB"),
    ],
)
def test_what_cannot_be_done_is_told_on_stderr(shell, words, status, reason):
    got, out, err = shell(*words)
    assert (got, out) == (status, "")
    assert reason in err


def test_the_store_may_be_named_by_the_environment(shell, tmp_path, monkeypatch):
    monkeypatch.setenv("LIVEPATCH_SCRIPTS", f"sqlite:///{tmp_path / 'named.db'}")
    shell("put", "greet", "greet.py")
    assert ScriptStore(f"sqlite:///{tmp_path / 'named.db'}").names() == ("greet",)


def test_only_what_a_trusted_author_signed_is_run(shell, tmp_path):
    pytest.importorskip("cryptography")
    from livepatch.hosting.signing import make_keys

    private, public = make_keys()
    (tmp_path / "private.pem").write_bytes(private)
    (tmp_path / "public.pem").write_bytes(public)
    shell("put", "greet", "greet.py", "--author", "ada", "--sign", "private.pem")
    assert shell("run", "greet", "--trust", "ada=public.pem")[0] == 0
    status, _, err = shell("run", "greet", "--trust", "bob=public.pem")
    assert status == 1
    assert "the author 'ada' is not trusted" in err


def test_a_run_may_have_a_time_limit(shell, tmp_path):
    (tmp_path / "loop.py").write_text(
        SCRIPT.replace("return len(name)", "\n        while True: 1")
    )
    shell("put", "loop", "loop.py")
    status, out, err = shell("run", "loop", "--timeout", "0.1")
    assert (status, out.splitlines()[0]) == (1, "hello you")
    assert "the time limit of 0.1 s is over" in err


def test_without_the_extra_it_says_what_to_install(shell, monkeypatch):
    monkeypatch.setitem(sys.modules, "livepatch.hosting.store", None)
    status, _, err = shell("list")
    assert status == 1
    assert "pip install 'livepatch[scripts]'" in err
