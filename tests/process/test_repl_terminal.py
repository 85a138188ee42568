"""A person at a prompt: python's two, ptpython, IPython, and `python -m livepatch` alone."""

import importlib.util
import os
import re
import sys
from pathlib import Path

import pytest

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(os.name == "nt", reason="terminals of POSIX")

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 60
PROMPT = ">>> "
SHOP = "class Cart:\n    def total(self):\n        return 1\n"
CONTROL = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]|\x1b[=>]|\r")


class Terminal:
    """A prompt in a terminal of its own, with a module `shop` beside it."""

    def __init__(self, folder, command, *, basic=False, prompt=PROMPT):
        self.folder = folder
        self.prompt = prompt
        (folder / "shop.py").write_text(SHOP)
        clean = {k: v for k, v in os.environ.items() if not k.startswith("PYTHON")}
        environment = clean | {
            "PYTHONPATH": str(ROOT), "HOME": str(folder), "NO_COLOR": "1", "TERM": "xterm",
            "PYTHON_HISTORY": str(folder / "history"), "PROMPT_TOOLKIT_NO_CPR": "1",
            "IPYTHONDIR": str(folder / "ipython"), "XDG_RUNTIME_DIR": "", "TMPDIR": "/tmp",
        }  # fmt: skip
        if basic:
            environment |= {"PYTHON_BASIC_REPL": "1", "TERM": "dumb"}
        self.child = pexpect.spawn(
            command[0], command[1:], cwd=folder, env=environment, encoding="utf-8",
            timeout=LIMIT, dimensions=(40, 150),
        )  # fmt: skip
        self.child.expect_exact(prompt)

    def edit(self, old, new):
        path = self.folder / "shop.py"
        text = path.read_text()
        assert text.count(old) == 1
        path.write_text(text.replace(old, new))

    def say(self, line, awaited):
        """Type `line`, wait for the text `awaited` and the next prompt; give what came between."""
        self.child.send(line + "\r")
        self.child.expect(awaited)
        before = self.child.before + self.child.after
        self.child.expect_exact(self.prompt)
        return CONTROL.sub("", before + self.child.before)

    def end(self):
        self.child.close(force=True)


@pytest.fixture
def terminal(tmp_path):
    """Give what opens a prompt; all are closed after the test."""
    opened = []

    def begin(*command, **options):
        opened.append(Terminal(tmp_path, list(command), **options))
        return opened[-1]

    yield begin
    for one in opened:
        one.end()


PYTHONS = [(True, ()), (False, ()), (True, ("-m", "livepatch")), (False, ("-m", "livepatch"))]


@pytest.mark.parametrize(("basic", "words"), PYTHONS)
def test_an_edit_reaches_the_next_input_and_a_broken_file_marks_the_prompt(
    terminal, basic, words
):
    prompt = terminal(sys.executable, "-q", *words, basic=basic)
    prompt.say("import shop; cart = shop.Cart(); print('go', 'od')", "go od")
    if not words:
        prompt.say("from livepatch.repl import session; print('go', 'od')", "go od")
    assert "total 1" in prompt.say("print('total', cart.total())", r"total \d")
    prompt.edit("return 1", "return 2")
    if basic:  # the classic prompt tells nobody of an input: the watcher's thread applies
        prompt.say(
            "import time\rwhile cart.total() == 1: time.sleep(0.01)\r\rprint('a' + 'b')", "ab"
        )
    text = prompt.say("print('total', cart.total())", r"total \d")
    assert "total 2" in text
    prompt.edit("(self):", "(self")
    prompt.child.send("print('x' + 'y')\r")
    prompt.child.expect("xy")
    prompt.child.expect_exact("[held] >>> ")
    prompt.edit("(self", "(self):")
    assert "<Patch #2" in prompt.say("session.undo()", "Patch #2 ok")
    prompt.say("print('total', cart.total())", "total 1")


@pytest.mark.skipif(not importlib.util.find_spec("_pyrepl"), reason="the newer prompt is 3.13")
def test_the_report_of_an_edit_stands_before_the_result(terminal):
    prompt = terminal(sys.executable, "-q", "-m", "livepatch")
    prompt.say("import shop; cart = shop.Cart(); print('go', 'od')", "go od")
    prompt.edit("return 1", "return 2")
    text = prompt.say("print('total', cart.total())", r"total \d")
    assert "patch 1 · ~ Cart.total (shop.py)" in text
    assert text.index("patch 1") < text.index("total 2")


@pytest.mark.parametrize("basic", [True, False])
def test_definitions_made_again_keep_their_identity_once_cells_are_on(terminal, basic):
    prompt = terminal(sys.executable, "-q", "-m", "livepatch", basic=basic)
    prompt.say("session.cells(True); print('go', 'od')", "go od")
    prompt.child.send("def f(): return 1\r\r")
    prompt.child.expect_exact(PROMPT)
    prompt.say("held = f; print('go', 'od')", "go od")
    prompt.child.send("def f(): return 22\r\r")
    prompt.child.expect_exact(PROMPT)
    assert "22 True" in prompt.say("print(held(), held is f)", r"\d+ (True|False)")


def test_the_prompt_after_a_program_is_live_and_inside_the_program(terminal, tmp_path):
    (tmp_path / "app.py").write_text("import shop\ncart = shop.Cart()\n")
    prompt = terminal(sys.executable, "-m", "livepatch", "-i", "app.py", basic=True)
    prompt.edit("return 1", "return 2")
    prompt.say(
        "import time\rwhile cart.total() == 1: time.sleep(0.01)\r\rprint('a' + 'b')", "ab"
    )
    prompt.say("from livepatch.repl import session; print('go', 'od')", "go od")
    assert "on" in prompt.say("print(session)", "<livepatch session: on, 1 patches>")


@pytest.mark.skipif(not importlib.util.find_spec("ptpython"), reason="ptpython is not here")
def test_ptpython_applies_before_each_input_and_shows_what_is_held(terminal):
    prompt = terminal(sys.executable, "-m", "ptpython", prompt=">>>")
    prompt.say("import shop; cart = shop.Cart(); print('go', 'od')", "go od")
    prompt.say("from livepatch.repl import session; print('go', 'od')", "go od")
    prompt.edit("return 1", "return 2")
    assert "patch 1" in prompt.say("print('total', cart.total())", "total 2")
    prompt.edit("(self):", "(self")
    prompt.child.send("print('x' + 'y')\r")
    prompt.child.expect("held · shop.py:2")
    prompt.child.expect_exact("[held] ")


@pytest.mark.skipif(not importlib.util.find_spec("IPython"), reason="IPython is not here")
def test_ipython_in_a_terminal_applies_before_each_cell(terminal):
    prompt = terminal(sys.executable, "-m", "IPython", "--simple-prompt", prompt="]: ")
    prompt.say("%load_ext livepatch", "")
    prompt.say("import shop; cart = shop.Cart(); print('go', 'od')", "go od")
    prompt.edit("return 1", "return 2")
    assert "patch 1" in prompt.say("print('total', cart.total())", "total 2")
