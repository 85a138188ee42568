"""What the import hook tells, and what a program sees of it: nothing."""

import importlib
import importlib.util
import subprocess
import sys
import traceback
import zipfile
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

from livepatch.watching import importing
from livepatch.watching.importing import ImportHook, untracked_modules

FAILURES = {
    "syntax": "def f(:\n",
    "import": "import there_is_no_such_module\n",
    "from": "from sys import there_is_no_such_name\n",
    "body": "def f():\n    raise RuntimeError('no')\n\nf()\n",
    "null": "value = '\0'\n",
}


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(str(tmp_path))
    before = set(sys.modules)
    yield tmp_path
    for name in set(sys.modules) - before:
        del sys.modules[name]


@pytest.fixture
def told():
    return []


@pytest.fixture
def hook(told):
    made = ImportHook(lambda module, file, data: told.append((module, file, data)), bool)
    yield made
    made.remove()


def load(folder, name, text):
    (folder / f"{name}.py").write_text(text, encoding="utf-8")
    importlib.invalidate_caches()
    return importlib.import_module(name)


def test_an_import_is_told_with_module_file_and_bytes(hook, told, folder):
    hook.install()
    module = load(folder, "lp_one", "value = 1\n")
    assert told == [(module, str(folder / "lp_one.py"), b"value = 1\n")]
    assert module.value == 1


def test_modules_come_in_the_order_in_which_they_finish(hook, told, folder):
    (folder / "lp_inner.py").write_text("value = 1\n", encoding="utf-8")
    hook.install()
    load(folder, "lp_outer", "import lp_inner\n")
    assert [module.__name__ for module, _, _ in told] == ["lp_inner", "lp_outer"]


def test_a_module_from_the_byte_code_cache_is_told_too(hook, told, folder, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    load(folder, "lp_cached", "value = 1\n")
    assert Path(sys.modules.pop("lp_cached").__spec__.cached).exists()
    hook.install()
    importlib.import_module("lp_cached")
    assert [data for _, _, data in told] == [b"value = 1\n"]


def test_a_file_that_is_not_wanted_is_not_told(told, folder):
    hook = ImportHook(lambda *words: told.append(words), lambda file: "lp_no" not in file)
    hook.install()
    load(folder, "lp_no", "value = 1\n")
    load(folder, "lp_yes", "value = 1\n")
    hook.remove()
    assert [module.__name__ for module, _, _ in told] == ["lp_yes"]


@pytest.mark.parametrize("text", FAILURES.values(), ids=FAILURES)
def test_a_module_that_fails_is_not_told(text, hook, told, folder):
    hook.install()
    with pytest.raises((ImportError, SyntaxError, RuntimeError, ValueError)):
        load(folder, "lp_bad", text)
    assert told == []


@pytest.mark.parametrize("text", FAILURES.values(), ids=FAILURES)
def test_the_traceback_of_a_failing_import_is_that_of_python(text, hook, folder):
    (folder / "lp_bad.py").write_text(text, encoding="utf-8")
    (folder / "lp_user.py").write_text("import lp_bad\n", encoding="utf-8")

    def frames():
        sys.modules.pop("lp_user", None)
        with pytest.raises((ImportError, SyntaxError, RuntimeError, ValueError)) as caught:
            exec("import lp_user", {})
        return [(f.filename, f.name) for f in traceback.extract_tb(caught.tb)]

    plain = frames()
    hook.install()
    assert frames() == plain
    own = str(Path(importing.__file__).parents[1])
    assert not any(name.startswith(own) for name, _ in frames())


def test_a_file_that_cannot_be_read_fails_as_without_the_hook(hook, folder):
    (folder / "lp_folder.py").mkdir()
    spec = importlib.util.spec_from_file_location("lp_folder", folder / "lp_folder.py")

    def frames():
        with pytest.raises(OSError, match="lp_folder") as caught:
            spec.loader.exec_module(importlib.util.module_from_spec(spec))
        return [(f.filename, f.name) for f in traceback.extract_tb(caught.tb)][1:]

    plain = frames()
    hook.install()
    assert frames() == plain


def test_a_module_sees_the_stack_that_it_would_see_without_the_hook(hook, folder):
    text = "import sys\nnames = []\nf = sys._getframe()\n"
    text += "while f:\n    names.append((f.f_code.co_filename, f.f_code.co_name))\n    f = f.f_back\n"
    plain = load(folder, "lp_stack1", text).names
    hook.install()
    seen = load(folder, "lp_stack2", text).names
    assert len(seen) == len(plain)
    assert seen[1:7] == plain[1:7]


def test_a_warning_at_import_points_at_the_importer(hook, folder):
    hook.install()
    (folder / "lp_warns.py").write_text(
        "import warnings\nwarnings.warn('old', DeprecationWarning, stacklevel=2)\n",
        encoding="utf-8",
    )
    with pytest.warns(DeprecationWarning, match="old") as caught:
        load(folder, "lp_importer", "import lp_warns\n")
    assert caught[0].filename == str(folder / "lp_importer.py")


def test_an_edit_while_the_loader_reads_is_noticed(hook, told, folder, monkeypatch):
    file = folder / "lp_raced.py"
    original = SourceFileLoader.get_code

    def get_code(loader, name):
        if not raced:
            raced.append(name)
            file.write_text("value = 'after'\n", encoding="utf-8")
        return original(loader, name)

    raced = []
    monkeypatch.setattr(SourceFileLoader, "get_code", get_code)
    hook.install()
    module = load(folder, "lp_raced", "value = 'before'\n")
    assert told == [(module, str(file), b"value = 'after'\n")]
    assert module.value == "after"


def test_an_edit_by_the_body_itself_is_left_for_the_watcher(hook, told, folder):
    hook.install()
    text = "with open(__file__, 'w') as file:\n    file.write('value = 2')\nvalue = 1\n"
    load(folder, "lp_self", text)
    assert told[0][2] == text.encode()


def test_a_module_executed_again_is_told_again(hook, told, folder):
    hook.install()
    module = load(folder, "lp_again", "value = 1\n")
    (folder / "lp_again.py").write_text("value = 22\n", encoding="utf-8")
    module.__spec__.loader.exec_module(module)
    assert [data for _, _, data in told] == [b"value = 1\n", b"value = 22\n"]


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0)], ids=str)
def test_hooks_are_removed_in_any_order_and_the_loader_is_as_before(order, folder):
    before = SourceFileLoader.__dict__.get("exec_module")
    heard = [[], [], []]
    hooks = [ImportHook(lambda *words, to=to: to.append(words), bool) for to in heard]
    for hook in hooks:
        hook.install()
        hook.install()
    for step, index in enumerate(order):
        load(folder, f"lp_order{step}", "")
        hooks[index].remove()
    assert sorted(map(len, heard)) == [1, 2, 3]
    assert SourceFileLoader.__dict__.get("exec_module") is before
    assert SourceFileLoader.exec_module.__code__.co_filename == importing._FROZEN


def test_somebody_who_wraps_the_loader_after_us_is_not_undone(hook, told, folder, monkeypatch):
    hook.install()
    ours, calls = SourceFileLoader.exec_module, []

    def theirs(loader, module):
        calls.append(module.__name__)
        ours(loader, module)

    monkeypatch.setattr(SourceFileLoader, "exec_module", theirs)
    hook.remove()
    load(folder, "lp_wrapped", "")
    assert (calls, told) == (["lp_wrapped"], [])
    hook.install()
    load(folder, "lp_wrapped2", "")
    assert len(told) == 1
    monkeypatch.undo()
    hook.remove()
    assert "exec_module" not in SourceFileLoader.__dict__


def test_somebody_who_wrapped_the_loader_before_us_is_called(hook, told, folder, monkeypatch):
    pristine, calls = SourceFileLoader.exec_module, []

    def theirs(loader, module):
        calls.append(module.__name__)
        pristine(loader, module)

    monkeypatch.setattr(SourceFileLoader, "exec_module", theirs)
    hook.install()
    load(folder, "lp_wrapped3", "")
    hook.remove()
    assert SourceFileLoader.exec_module is theirs
    assert (calls, len(told)) == (["lp_wrapped3"], 1)


def test_a_module_of_another_loader_is_found_afterwards(folder):
    with zipfile.ZipFile(folder / "lp.zip", "w") as archive:
        archive.writestr("lp_zipped.py", "value = 1\n")
    sys.path.insert(0, str(folder / "lp.zip"))
    module = load(folder, "lp_plain", "")
    zipped = importlib.import_module("lp_zipped")
    found = untracked_modules({module.__file__}, lambda file: "lp_" in file)
    assert found == [(zipped, zipped.__file__)]


def test_a_module_that_is_still_being_imported_is_left_alone(folder):
    text = "from livepatch.watching.importing import untracked_modules\n"
    text += "found = untracked_modules((), lambda file: 'lp_busy' in file)\n"
    module = load(folder, "lp_busy", text)
    assert module.found == []
    assert untracked_modules((), lambda file: "lp_busy" in file) == [(module, module.__file__)]


def test_strange_things_among_the_modules_are_passed_over(monkeypatch):
    monkeypatch.setitem(sys.modules, "lp_none", None)
    monkeypatch.setitem(sys.modules, "lp_object", object())
    assert untracked_modules((), lambda file: "lp_" in file) == []


def test_importing_the_package_leaves_the_loader_alone():
    code = (
        "from importlib.machinery import SourceFileLoader as L\n"
        "import livepatch.watching.importing, livepatch.watching.watcher, sys, threading\n"
        "assert 'exec_module' not in vars(L)\n"
        "assert 'watchdog' not in sys.modules and 'ctypes' not in sys.modules\n"
        "assert threading.active_count() == 1\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
