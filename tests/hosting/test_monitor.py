"""A monitored directory: what changes is patched, what is new imported, what goes dropped."""

import importlib
import os
import pickle
import shutil
import sys
import threading
import types

import pytest

from livepatch.errors import UsageError
from livepatch.hosting import monitor_dir
from livepatch.hosting.journal import Journal
from livepatch.hosting.monitor import DirMonitor, module_name
from livepatch.patching.patcher import Patcher


@pytest.fixture
def tree(folder, monkeypatch):
    """Give the folder, as a root of `sys.path`."""
    monkeypatch.syspath_prepend(str(folder.path))
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    return folder


@pytest.fixture
def start(tree, patcher):
    """Give a function that starts a monitor that looks when it is told to."""
    monitors = []

    def make(path=None, main_file="", **options):
        journal = Journal(None)
        monitor = DirMonitor(
            path or tree.path, main_file or tree.path / "main.py", journal=journal,
            patcher=patcher, **options,
        )  # fmt: skip
        monitors.append(monitor)
        return monitor

    yield make
    for monitor in monitors:
        monitor.stop()


def test_changed_modules_are_patched_with_instances_and_from_imports(tree, start):
    tree.write("mon_a.py", "class A:\n    def answer(self): return 1\n")
    tree.write("mon_user.py", "from mon_a import A\na = A()\n")
    user = importlib.import_module("mon_user")
    monitor = start()
    tree.write("mon_a.py", "class A:\n    def answer(self): return 2\n")
    assert monitor.look().ok
    assert (user.a.answer(), user.A().answer()) == (2, 2)
    assert user.A is sys.modules["mon_a"].A


def test_main_is_patched(tree, start, monkeypatch):
    file = tree.write(
        "mon_main.py", "def f(): return 1\nif __name__ == '__main__':\n    1 / 0\n"
    )
    main = types.ModuleType("__main__")
    main.__file__ = str(file)
    exec(compile("def f(): return 1\n", str(file), "exec"), vars(main))
    monkeypatch.setitem(sys.modules, "__main__", main)
    monitor = start(main_file=file, only_import_exist=False)
    tree.write("mon_main.py", "def f(): return 2\nif __name__ == '__main__':\n    1 / 0\n")
    assert monitor.look()
    assert main.f() == 2
    assert "mon_main" not in sys.modules


def test_files_that_changed_together_are_one_patch(tree, start, patcher):
    tree.write("mon_x.py", "def f(): return 1\n")
    tree.write("mon_y.py", "def g(): return 1\n")
    x, y = importlib.import_module("mon_x"), importlib.import_module("mon_y")
    monitor = start()
    tree.write("mon_x.py", "def f(): return 2\n")
    tree.write("mon_y.py", "def g(: return 2\n")
    assert not monitor.look().ok
    assert (x.f(), y.g()) == (1, 1)
    assert monitor.look().ok  # held, and told of once
    tree.write("mon_y.py", "def g(): return 2\n")
    assert monitor.look().ok
    assert (x.f(), y.g()) == (2, 2)
    assert len(patcher.history()) == 1


def save_in_place(folder, name, text):
    folder.write(name, text)


def save_by_rename(folder, name, text):
    folder.replace(name, text)


def save_with_backup(folder, name, text):
    (folder.path / name).rename(folder.path / f"{name}~")
    folder.write(name, text)


def save_by_deleting(folder, name, text):
    (folder.path / name).unlink()
    folder.write(name, text)


@pytest.mark.parametrize(
    "save", [save_in_place, save_by_rename, save_with_backup, save_by_deleting]
)
def test_one_save_is_one_change_however_it_is_done(tree, start, patcher, save):
    tree.write("mon_saved.py", "calls = []\ncalls.append(1)\ndef f(): return 1\n")
    module = importlib.import_module("mon_saved")
    monitor = start()
    save(tree, "mon_saved.py", "calls = []\ncalls.append(1)\ndef f(): return 2\n")
    monitor.look()
    os.utime(tree.path / "mon_saved.py")
    monitor.look()
    assert module.f() == 2
    assert module.calls == [1]
    assert len(patcher.history()) == 1
    assert sys.modules["mon_saved"] is module


def test_a_new_file_is_imported_only_if_that_is_asked_for(tree, start):
    quiet, eager = start(), start(only_import_exist=False)
    tree.write("mon_new.py", "X = 1\n")
    tree.write("mon_pack/__init__.py", "")
    tree.write("mon_pack/inner.py", "Y = 2\n")
    quiet.look()
    assert not {"mon_new", "mon_pack"} & set(sys.modules)
    eager.look()
    assert sys.modules["mon_new"].X == 1
    assert sys.modules["mon_pack.inner"].Y == 2
    tree.write("mon_pack/inner.py", "Y = 3\n")
    eager.look()
    assert sys.modules["mon_pack.inner"].Y == 3


def test_a_new_file_that_cannot_be_imported_is_tried_again_when_it_changes(tree, start, caplog):
    monitor = start(only_import_exist=False)
    tree.write("mon_bad.py", "def f(:\n")
    monitor.look()
    monitor.look()
    assert caplog.text.count("mon_bad cannot be imported: mon_bad.py:1: SyntaxError") == 1
    tree.write("mon_bad.py", "def f(): return 1\n")
    monitor.look()
    assert sys.modules["mon_bad"].f() == 1


def test_modules_imported_later_are_followed_too(tree, start):
    tree.write("mon_later.py", "def f(): return 1\n")
    monitor = start()
    module = importlib.import_module("mon_later")
    tree.write("mon_later.py", "def f(): return 2\n")
    monitor.look()
    assert module.f() == 2


def test_the_module_of_a_deleted_file_is_dropped_and_who_holds_it_goes_on(tree, start, patcher):
    file = tree.write("mon_gone.py", "def f(): return 1\n")
    module = importlib.import_module("mon_gone")
    monitor = start()
    file.unlink()
    monitor.look()
    assert "mon_gone" not in sys.modules
    assert not patcher.is_tracked(str(file))
    assert module.f() == 1


def test_a_moved_file_is_another_module(tree, start):
    file = tree.write("mon_before.py", "X = 1\n")
    importlib.import_module("mon_before")
    monitor = start(only_import_exist=False)
    file.rename(tree.path / "mon_after.py")
    monitor.look()
    assert "mon_before" not in sys.modules
    assert sys.modules["mon_after"].X == 1


def test_a_deleted_or_moved_package_goes_with_its_modules(tree, start):
    tree.write("mon_p/__init__.py", "")
    tree.write("mon_p/sub/__init__.py", "")
    tree.write("mon_p/sub/deep.py", "X = 1\n")
    importlib.import_module("mon_p.sub.deep")
    monitor = start(only_import_exist=False)
    (tree.path / "mon_p").rename(tree.path / "mon_q")
    monitor.look()
    assert not [name for name in sys.modules if name.startswith("mon_p")]
    assert sys.modules["mon_q.sub.deep"].X == 1
    shutil.rmtree(tree.path / "mon_q")
    monitor.look()
    assert not [name for name in sys.modules if name.startswith("mon_q")]


def test_the_name_of_a_module_comes_from_the_nearest_root(tree, monkeypatch):
    tree.write("mon_src/happy.py", "")
    tree.write("mon_src/pyp/__init__.py", "")
    tree.write("mon_src/not-a-name.py", "")
    happy = str(tree.path / "mon_src" / "happy.py")
    assert module_name(happy) == "mon_src.happy"
    monkeypatch.syspath_prepend(str(tree.path / "mon_src"))
    assert module_name(happy) == "happy"
    assert module_name(str(tree.path / "mon_src" / "pyp" / "__init__.py")) == "pyp"
    assert module_name(str(tree.path / "mon_src" / "not-a-name.py")) is None


def test_a_file_that_another_module_hides_is_not_imported(tree):
    assert module_name(str(tree.write("sub/json.py", ""))) == "sub.json"
    hidden = tree.write("later/mon_hidden.py", "")
    tree.write("mon_hidden.py", "")
    sys.path.append(str(hidden.parent))
    try:
        assert module_name(str(hidden)) == "later.mon_hidden"
    finally:
        sys.path.remove(str(hidden.parent))


def test_hidden_folders_caches_and_installed_packages_are_no_part_of_the_directory(tree, start):
    monitor = start(only_import_exist=False)
    for name in (".git", "__pycache__", "site-packages"):
        tree.write(f"{name}/mon_hidden_file.py", "1 / 0\n")
    monitor.look()
    assert not [name for name in sys.modules if "mon_hidden_file" in name]


def test_a_directory_that_goes_away_costs_nothing(tree, start, caplog):
    tree.write("mon_keep.py", "def f(): return 1\n")
    module = importlib.import_module("mon_keep")
    monitor = start()
    tree.path.rename(tree.path.with_name("away"))
    monitor.look()
    monitor.look()
    assert sys.modules["mon_keep"] is module
    assert caplog.text.count("its modules go on") == 1
    tree.path.with_name("away").rename(tree.path)
    tree.write("mon_keep.py", "def f(): return 2\n")
    monitor.look()
    assert module.f() == 2


def test_classes_stay_themselves_for_pickle(tree, start):
    monitor = start()
    tree.write("mon_pickled.py", "class A:\n    x = 1\n")
    data = pickle.dumps(importlib.import_module("mon_pickled").A())
    tree.write("mon_pickled.py", "class A:\n    x = 2\n")
    monitor.look()
    assert pickle.loads(data).x == 2


def test_monitor_dir_runs_until_the_event_is_cleared(tree, news):
    patcher = Patcher()
    patcher.on_patch(news)
    tree.write("mon_live.py", "def f(): return 1\n")
    module = importlib.import_module("mon_live")
    event = threading.Event()
    event.set()
    thread = threading.Thread(
        target=monitor_dir,
        args=(str(tree.path), event, str(tree.path / "main.py")),
        kwargs={"interval": 0.02, "patcher": patcher},
    )
    thread.start()
    while not patcher.is_tracked(str(tree.path / "mon_live.py")):
        assert thread.is_alive()
    tree.write("mon_live.py", "def f(): return 2\n")
    assert news.next().ok
    assert module.f() == 2
    event.clear()
    thread.join(20)
    assert not thread.is_alive()


def test_monitor_dir_returns_at_once_where_the_event_is_not_set(tree, patcher):
    monitor_dir(tree.path, threading.Event(), tree.path / "main.py", patcher=patcher)


@pytest.mark.parametrize("interval", [0, -2, float("nan")])
def test_an_interval_that_is_none_is_refused(tree, interval):
    with pytest.raises(UsageError, match="interval"):
        monitor_dir(tree.path, threading.Event(), "main.py", interval)


def test_a_missing_directory_is_an_error_that_names_it(tmp_path):
    with pytest.raises(UsageError, match="there is no directory"):
        monitor_dir(tmp_path / "nowhere", threading.Event(), "main.py")
