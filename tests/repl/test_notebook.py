"""`%load_ext livepatch` in a real Jupyter kernel, cell by cell, beside `%autoreload 2`."""

from pathlib import Path

import pytest

nbclient = pytest.importorskip("nbclient")
nbformat = pytest.importorskip("nbformat")
pytest.importorskip("ipykernel")

ROOT = Path(__file__).resolve().parents[2]
LIMIT = 100
pytestmark = pytest.mark.filterwarnings("ignore")  # those of Jupyter's own packages

SHOP = """\
class Cart:
    rate = 1
    def total(self):
        return self.rate
def tax():
    return 1
def make():
    def inner():
        return 1
    return inner
"""
WRITE = """\
import pathlib
def write(old, new, path=pathlib.Path("shop.py")):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
"""
START = "import shop\nfrom shop import tax, Cart\ncart = Cart()\nbound = cart.total\ninner = shop.make()"


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Give what runs cells in a fresh kernel and gives the text of each, errors included."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")  # autoreload would take a stale .pyc

    def execute(*cells, extension="%load_ext livepatch"):
        folder = tmp_path / f"notebook {len(list(tmp_path.iterdir()))}"
        folder.mkdir()
        (folder / "shop.py").write_text(SHOP)
        book = nbformat.v4.new_notebook(
            cells=[
                nbformat.v4.new_code_cell(text) for text in (extension, WRITE, START, *cells)
            ]
        )
        resources = {"metadata": {"path": str(folder)}}
        client = nbclient.NotebookClient(
            book, timeout=LIMIT, allow_errors=True, resources=resources
        )
        client.execute()
        return [text_of(cell) for cell in book.cells[3:]]

    return execute


def text_of(cell):
    parts = []
    for output in cell.outputs:
        data = output.get("data", {})
        parts.append(output.get("text") or data.get("text/plain") or output.get("evalue", ""))
    return "".join(parts)


def test_a_save_is_applied_before_the_next_cell_and_reported_there_in_one_line(run):
    texts = run("write('self.rate', 'self.rate + 1')", "print(cart.total(), bound())")
    assert texts[0] == ""
    assert texts[1] == "livepatch  patch 1 · ~ Cart.total (shop.py)\n2 2\n"


def test_what_was_imported_from_the_module_and_closures_follow(run):
    *_, last = run(
        "write('def tax():\\n    return 1', 'def tax():\\n    return 2')\n"
        "write('        return 1', '        return 2')",
        "print(tax(), inner())",
    )
    assert last.endswith("2 2\n")


def test_a_broken_file_is_held_and_told_of_once(run):
    texts = run(
        "write('(self)', '(self')", "print(cart.total())", "print(cart.total())",
        "write('(self', '(self)')", "print(cart.total())",
    )  # fmt: skip
    assert "held · shop.py:3: SyntaxError" in texts[1]
    assert texts[1].endswith("\n1\n")
    assert texts[2] == "1\n"
    assert texts[4] == "1\n"


def test_the_magic_shows_undoes_and_switches_off(run):
    texts = run(
        "write('rate = 1', 'rate = 5')",
        "%livepatch",
        "%livepatch diff",
        "%livepatch undo",
        "print(cart.total())",
        "%livepatch redo\nprint(cart.total())",
        "%livepatch history",
        "%livepatch off\nwrite('rate = 5', 'rate = 6')",
        "print(cart.total())",
        "%livepatch on",
        "print(cart.total())",
        "%livepatch nonsense",
        "%livepatch cells maybe",
    )
    assert "livepatch is on" in texts[1]
    assert "-    rate = 1\n+    rate = 5\n" in texts[2]
    assert "undo" in texts[3]
    assert texts[4] == "1\n"
    assert texts[5].endswith("5\n")
    assert texts[6].count("<Patch #") == 3
    assert (texts[8], texts[10].splitlines()[-1]) == ("5\n", "6")
    assert "unknown verb 'nonsense'" in texts[11]
    assert "cells on" in texts[12]


def test_a_class_defined_again_in_a_cell_keeps_its_instances(run):
    texts = run(
        "class A:\n    seen = []\n    def go(self): return 'old'\na = A(); a.seen.append(1)",
        "%livepatch cells on",
        "class A:\n    seen = []\n    def go(self): return 'new'\n    def more(self): return self.seen\n",
        "print(a.go(), a.more(), type(a) is A)",
    )
    assert texts[2] == "livepatch  patch 1 · redefined A\n"
    assert texts[3] == "new [1] True\n"


def test_a_traceback_of_a_cell_shows_the_lines_of_that_cell_with_cells_on(run):
    *_, last = run(
        "%livepatch cells on", "def f():\n    return 1", "def f():\n    return 1 / 0\nf()"
    )
    assert "division by zero" in last


def test_unloading_leaves_the_shell_as_it_was(run):
    texts = run(
        "%livepatch cells on\n%unload_ext livepatch",
        "ip = get_ipython()\nprint(len(ip.ast_transformers), 'livepatch' in ip.magics_manager.magics['line'])\n"
        "write('rate = 1', 'rate = 5')",
        "print(cart.total())",
    )
    assert texts[1:] == ["0 False\n", "1\n"]


ROWS_FILE = """\
import functools
LOG = []
def counted(f):
    @functools.wraps(f)
    def wrapper(*args):
        return f(*args)
    return wrapper
class Base:
    def who(self):
        return 'base'
class Cart(Base):
    rate = 1
    def total(self):
        return self.rate
    def who(self):
        return 'cart'
def tax():
    return 1
@counted
def wrapped():
    return 10
@functools.lru_cache
def cached():
    return 20
def make():
    def inner():
        return 1
    return inner
"""
ROWS = (
    ("a method, through an instance", "'self.rate', 'self.rate + 1'", "cart.total() == 2"),
    ("a method, bound before", "'self.rate', 'self.rate + 1'", "bound() == 2"),
    ("a function imported by name", "'return 1\\n@', 'return 2\\n@'", "tax() == 2"),
    ("a decorated function, imported by name", "'return 10', 'return 11'", "wrapped() == 11"),
    ("a function under lru_cache", "'return 20', 'return 21'", "cached() == 21"),
    ("a closure made before", "'return 1\\n    return', 'return 2\\n    return'", "inner() == 2"),
    ("super() added to a method", "\"return 'cart'\", 'return super().who()'", "cart.who() == 'base'"),
    ("a method added", "'    def total', '    def more(self): return 9\\n    def total'", "cart.more() == 9"),
    ("a method removed", "'    def total(self):\\n        return self.rate\\n', ''", "not hasattr(cart, 'total')"),
    ("a class attribute", "'rate = 1', 'rate = 7'", "cart.total() == 7"),
    ("a list that the program filled is kept", "'return 1\\n@', 'return 2\\n@'", "m.LOG == [1]"),
    ("a class attribute that the program set is kept", "'return 1\\n@', 'return 2\\n@'", "(m.Cart.rate, tax()) == (5, 2)"),
    ("line numbers of code that moved", "'def tax', '# one\\n# two\\ndef tax'", "m.make.__code__.co_firstlineno == 27"),
)  # fmt: skip


def row_cells(number, edit, claim):
    """Give three cells: a module of its own for this row, the edit, and whether the claim holds."""
    name = f"row{number}"
    yield (
        f"open('{name}.py', 'w').write({ROWS_FILE!r})\nimport {name} as m\n"
        f"from {name} import tax, wrapped, cached, Cart\n"
        "cart = Cart(); bound = cart.total; inner = m.make(); m.LOG.append(1); cached(); "
        + ("Cart.rate = 5" if "Cart.rate" in claim else "pass")
    )
    yield f"write({edit}, pathlib.Path('{name}.py'))"
    yield f"print({claim})"


def wrong_rows(run, extension):
    cells = [cell for n, (_, *row) in enumerate(ROWS) for cell in row_cells(n, *row)]
    texts = run(*cells, extension=extension)[2::3]
    return [
        row[0] for row, text in zip(ROWS, texts, strict=True) if not text.endswith("True\n")
    ]


def test_every_row_of_the_table_in_the_documentation_is_right(run):
    assert wrong_rows(run, "%load_ext livepatch") == []


def test_what_the_table_says_of_autoreload_is_so(run):
    page = (ROOT / "docs" / "repl.md").read_text("utf-8")
    wrong = wrong_rows(run, "%load_ext autoreload\n%autoreload 2")
    table = {
        row[0]: f"| {row[0]} | yes | {'no' if row[0] in wrong else 'yes'} |" for row in ROWS
    }
    assert [line for line in table.values() if line not in page] == []
