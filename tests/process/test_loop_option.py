"""--loop and --xloop in a real terminal: a function runs again whenever a patch lands."""

import importlib.util
import os
import sys
from pathlib import Path

import pytest

pexpect = pytest.importorskip("pexpect")
# Only looked for: jurigged imported here would keep all code of the other tests alive.
if not all(map(importlib.util.find_spec, ("giving", "jurigged"))):
    pytest.skip("jurigged[develoop] is not installed", allow_module_level=True)

ROOT = Path(__file__).resolve().parents[2]
PROGRAM = """
import sys

def compute(n):
    return ("value", n {operation})

class Shop:
    @staticmethod
    def total(n):
        return ("total", n {operation})

print("ended", compute(21), Shop.total(21), flush=True)
"""


class Terminal:
    """A program in a terminal that answers when it is asked where its cursor is.

    blessed, which jurigged imports, waits ten seconds for that answer.
    """

    def __init__(self, child):
        self.child = child

    def expect(self, pattern):
        while self.child.expect([pattern, r"\x1b\[6n"]):
            self.child.send("\x1b[1;1R")

    def send(self, text):
        self.child.send(text)


@pytest.fixture
def start(tmp_path):
    """Start the program with these options in a terminal."""
    children = []

    def spawn(*options, operation):
        script = tmp_path / "program.py"
        script.write_text(PROGRAM.format(operation=operation))
        words = ["-m", "livepatch", "-q", *options, "--loop-interface", "basic", "program.py"]
        child = pexpect.spawn(
            sys.executable, words, cwd=tmp_path, encoding="utf-8", timeout=60,
            env=os.environ | {"PYTHONPATH": str(ROOT), "TERM": "dumb", "PYTHONUTF8": "1"},
        )  # fmt: skip
        children.append(child)
        return Terminal(child), script

    yield spawn
    for child in children:
        child.close(force=True)


@pytest.mark.parametrize(
    ("options", "word"), [(["--loop", "compute"], "value"), (["--loop", "Shop.total"], "total")]
)
def test_a_function_runs_again_after_each_patch_and_the_program_goes_on(start, options, word):
    child, script = start(*options, operation="* 2")
    child.expect(rf"\('{word}', 42\)")
    child.expect(r"\(q\)uit")
    script.write_text(PROGRAM.format(operation="* 3"))
    child.expect(rf"\('{word}', 63\)")
    child.expect(r"\(q\)uit")
    child.send("c")
    child.expect(rf"ended .*\('{word}', 63\)")
    child.expect(pexpect.EOF)


def test_with_xloop_it_runs_again_only_once_it_has_raised(start):
    child, script = start("--xloop", "compute", "--xloop", "Shop.total", operation="/ 0")
    child.expect("ZeroDivisionError")
    child.expect(r"\(q\)uit")
    script.write_text(PROGRAM.format(operation="* 3"))
    child.expect(r"\('value', 63\)")
    child.expect(r"\(q\)uit")
    child.send("c")
    child.expect(r"ended \('value', 63\) \('total', 63\)")
    child.expect(pexpect.EOF)


def test_a_function_that_the_program_does_not_define_is_an_error(start):
    child, _ = start("--loop", "nothing", operation="* 2")
    child.expect("nothing: .*defines no such function")
    child.expect(pexpect.EOF)
