"""The promises of docs/architecture.md, checked in every test run."""

import ast
import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import livepatch

PACKAGE = Path(livepatch.__file__).parent
ROOT = PACKAGE.parent
MODULES = sorted(PACKAGE.rglob("*.py"))
WRITER = PACKAGE / "runtime" / "swap.py"
LIVE_FIELDS = {"__code__", "__defaults__", "__kwdefaults__", "cell_contents"}
NEW_OBJECTS = {
    ("interp.py", "__code__"),
    ("runtime/build.py", "cell_contents"),
    ("runtime/shaping.py", "__kwdefaults__"),
}
"""Writes to an object that the same function made a moment ago: a probe, a cell, a stand-in."""

HEAVY = [
    "watchdog",
    "rich",
    "flask",
    "IPython",
    "jurigged",
    "codefind",
    "asyncio",
    "sqlalchemy",
]
BANNED_WORDS = {"reload", "reloader", "hotswap", "conform", "recode"}
BANNED_MODULES = {"info", "data", "util", "utils", "misc", "common", "helper", "helpers"}
BANNED_VERBS = ("handle_", "process_", "do_")
NOUNS = {"process_start"}
"""Names that begin with one of these words as a noun."""

PEERS = {"livepatch.ext.jurigged", "livepatch.hosting.flask"}
"""Modules that speak another tool's language, which may bear its words."""

each_module = pytest.mark.parametrize(
    "path", MODULES, ids=lambda path: path.relative_to(PACKAGE).as_posix()
)


def functions_in(path):
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    return [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]


@each_module
def test_a_module_fits_in_one_sitting(path):
    assert len(path.read_text("utf-8").splitlines()) <= 350


@each_module
def test_a_function_fits_on_one_screen(path):
    assert [f.name for f in functions_in(path) if f.end_lineno - f.lineno >= 50] == []


@each_module
def test_only_the_writer_assigns_live_fields(path):
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    where = path.relative_to(PACKAGE).as_posix()
    stores = {
        (where, node.attr)
        for node in nodes
        if isinstance(node, ast.Attribute)
        and isinstance(node.ctx, ast.Store | ast.Del)
        and node.attr in LIVE_FIELDS
    }
    assert path == WRITER or stores <= NEW_OBJECTS


@each_module
def test_a_module_says_its_one_job(path):
    assert ast.get_docstring(ast.parse(path.read_text("utf-8")))


@each_module
def test_names_come_from_the_glossary(path):
    defined = [
        node.name
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    ]
    dotted = ".".join(path.relative_to(ROOT).with_suffix("").parts)
    if dotted in PEERS:
        defined = []
    assert [n for n in defined if n.startswith(BANNED_VERBS) and n not in NOUNS] == []
    assert [name for name in defined if BANNED_WORDS & set(name.lower().split("_"))] == []
    assert path.stem not in BANNED_MODULES


@each_module
def test_only_the_command_writes_to_standard_output(path):
    nodes = ast.walk(ast.parse(path.read_text("utf-8")))
    prints = [
        node.lineno
        for node in nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "print"
        and not any(keyword.arg == "file" for keyword in node.keywords)
    ]
    assert prints == [] or path.parent.name == "cli"


def test_no_submodule_shadows_a_public_name():
    submodules = {p.stem for p in PACKAGE.iterdir() if p.suffix == ".py" or p.is_dir()}
    shadowing = submodules & set(livepatch.__all__)
    assert shadowing <= {"diff"}, (
        "the package livepatch.diff is a verb itself: it can be called"
    )
    assert callable(__import__("livepatch.diff").diff)


def test_every_public_name_is_there_and_says_what_it_does():
    for name in livepatch.__all__:
        value = getattr(livepatch, name)
        assert name.startswith("__") or value.__doc__, name


def test_importing_livepatch_starts_nothing_and_takes_little():
    probe = (
        "import sys, threading, gc\n"
        "state = lambda: (list(sys.meta_path), list(sys.path_hooks), sys.gettrace(),"
        " sys.getprofile(), sys.excepthook, sys.getswitchinterval(), gc.isenabled(),"
        " threading.active_count())\n"
        "import importlib.machinery as m; load = m.SourceFileLoader.exec_module\n"
        "before = state(); import livepatch; assert before == state()\n"
        "assert load is m.SourceFileLoader.exec_module\n"
        f"assert not set({HEAVY!r}) & set(sys.modules), set({HEAVY!r}) & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", probe], check=True, cwd=ROOT)


def test_the_console_script_leads_to_a_function_and_the_types_are_shipped():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    module, _, name = project["scripts"]["livepatch"].partition(":")
    assert callable(getattr(importlib.import_module(module), name))
    assert (PACKAGE / "py.typed").is_file()


def test_the_layers_hold(monkeypatch):
    monkeypatch.chdir(ROOT)
    cli = pytest.importorskip("importlinter.cli")
    assert cli.lint_imports(no_logo=True, no_cache=True) == cli.EXIT_STATUS_SUCCESS
