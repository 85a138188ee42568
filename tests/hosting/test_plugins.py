"""Plugins come, change and go while the program runs; a bad one hurts nobody."""

import importlib
import logging
import shutil
import sys
import threading
from typing import Protocol

import pytest

from livepatch.errors import UsageError
from livepatch.hosting import PluginManager, PluginMeta

PLUGIN = """\
_plugin_name = "{name}"
_plugin_version = "{version}"

def run(x=0):
    return "{answer}", x
"""


def plugin(name, answer="old", version="1.0"):
    return PLUGIN.format(name=name, answer=answer, version=version)


@pytest.fixture
def start(folder, patcher, news):
    """Give a function that starts a manager on the folder; all are stopped after the test."""
    managers = []

    def make(**options):
        manager = PluginManager(folder.path, patcher=patcher, **options)
        manager.on_change(news)
        managers.append(manager)
        return manager

    yield make
    for manager in managers:
        manager.stop()


@pytest.fixture
def still(start):
    """Give a function that starts a manager that only looks when it is told to."""
    return lambda **options: start(is_reload=False, **options)


def test_every_file_of_the_folder_is_a_plugin(still, folder):
    folder.write("greet.py", plugin("greet"))
    folder.write("count.py", plugin("count"))
    folder.write("_shared.py", "X = 1\n")
    folder.write("notes.txt", "nothing")
    manager = still()
    assert manager.get_plugin_name_list() == ["count", "greet"]
    meta = manager.get_plugin("greet")
    assert (meta.name, meta.version, meta.path) == (
        "greet",
        "1.0",
        str(folder.path / "greet.py"),
    )
    assert meta.call(3) == ("old", 3)
    assert isinstance(meta, PluginMeta)


def test_a_plugin_that_is_not_there_is_the_default(still):
    assert still().get_plugin("nobody") is None
    assert still().get_plugin("nobody", 7) == 7


@pytest.mark.parametrize("events", [True, False], ids=["events", "polling"])
def test_plugins_appear_change_and_disappear_while_the_program_runs(
    start, folder, news, events
):
    manager = start(watch_change_sleep_ms=50, events=events)
    folder.write("greet.py", plugin("greet"))
    assert news.kind("added").name == "greet"
    run = manager.get_plugin("greet").call
    folder.write("greet.py", plugin("greet", "new", "1.1"))
    change = news.kind("changed")
    assert (change.old_version, change.version) == ("1.0", "1.1")
    assert run()[0] == "new"
    assert manager.get_plugin("greet").version == "1.1"
    (folder.path / "greet.py").unlink()
    assert news.kind("removed").name == "greet"
    assert manager.get_plugin("greet") is None
    assert run()[0] == "new"  # who holds it keeps working with it


def test_version_changes_are_reported_in_the_log(still, folder, tmp_path):
    folder.write("greet.py", plugin("greet"))
    manager = still(log=tmp_path / "plugins.log")
    folder.write("greet.py", plugin("greet", version="2.0"))
    manager.refresh()
    manager.stop()
    assert "plugin greet: version 1.0 -> 2.0" in (tmp_path / "plugins.log").read_text()


def test_a_plugin_keeps_its_state_when_it_is_patched(still, folder):
    text = plugin("count").replace("return ", "calls.append(x); return len(calls), ")
    folder.write("count.py", "calls = []\n" + text)
    manager = still()
    assert manager.get_plugin("count").call()[0] == 1
    folder.write("count.py", "calls = []\n" + text.replace("len(calls)", "-len(calls)"))
    manager.refresh()
    assert manager.get_plugin("count").call()[0] == -2


def test_each_violation_of_the_contract_is_named(still, folder, caplog):
    bad = folder.write("bad.py", "_plugin_name = 3\nrun = 4\n")
    folder.write("empty.py", "_plugin_name = ' '\n_plugin_version = '1'\ndef run(): pass\n")
    folder.write("good.py", plugin("good"))
    manager = still()
    assert manager.get_plugin_name_list() == ["good"]
    assert manager.errors[str(bad)] == (
        "_plugin_name must be a string, not int",
        "_plugin_version is missing",
        "run must be callable, not int",
    )
    assert manager.errors[str(folder.path / "empty.py")] == ("_plugin_name is empty",)
    assert "bad.py refused: _plugin_version is missing" in caplog.text
    assert not [name for name in sys.modules if name.endswith(".bad")]


def test_check_plugin_gives_the_violations_of_any_module(still, folder):
    folder.write("good.py", plugin("good"))
    manager = still()
    assert manager.check_plugin(logging) == (
        "_plugin_name is missing", "_plugin_version is missing", "run is missing",
    )  # fmt: skip
    assert manager.check_plugin(sys.modules[manager.get_plugin("good").call.__module__]) == ()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("_plugin_name = 'greet'\n_plugin_version = '2'\n", "run is missing"),
        (
            plugin("greet", "new").replace("def run", "run = 4\ndef walk"),
            "run must be callable",
        ),
        (plugin("other", "new"), "the name 'other' is taken by other.py"),
        ("def run(:\n", "SyntaxError"),
        ("1 / 0\n" + plugin("greet", "new"), "ZeroDivisionError"),
        ("", "empty for the moment"),
    ],
)
def test_the_last_good_version_stays_where_an_edit_is_refused(still, folder, text, reason):
    file = str(folder.write("greet.py", plugin("greet")))
    folder.write("other.py", plugin("other"))
    manager = still()
    old = manager.get_plugin("greet")
    folder.write("greet.py", text)
    manager.refresh()
    assert any(reason in line for line in manager.errors[file])
    assert manager.get_plugin("greet") == old
    assert old.call()[0] == "old"
    folder.write("greet.py", plugin("greet", "mended", "3"))
    manager.refresh()
    assert manager.errors == {}
    assert (old.call()[0], manager.get_plugin("greet").version) == ("mended", "3")


def test_a_bad_plugin_holds_no_other_one_up(still, folder):
    folder.write("bad.py", plugin("bad"))
    folder.write("good.py", plugin("good"))
    manager = still()
    folder.write("bad.py", "def run(:\n")
    folder.write("good.py", plugin("good", "new"))
    manager.refresh()
    assert manager.get_plugin("good").call()[0] == "new"
    assert manager.get_plugin("bad").call()[0] == "old"


def test_a_refusal_is_told_once_per_text(still, folder, news):
    manager = still()
    folder.write("bad.py", "1 / 0\n")
    manager.refresh()
    manager.refresh()
    folder.write("good.py", plugin("good"))
    manager.refresh()
    assert news.kind("refused").reasons == ("bad.py:1: ZeroDivisionError: division by zero",)
    assert news.next().kind == "added"


def test_names_are_unique(still, folder):
    folder.write("a.py", plugin("same"))
    folder.write("b.py", plugin("same"))
    manager = still()
    assert manager.get_plugin("same").path.endswith("a.py")
    assert manager.errors[str(folder.path / "b.py")] == ("the name 'same' is taken by a.py",)
    (folder.path / "a.py").unlink()
    manager.refresh()
    assert manager.get_plugin("same").path.endswith("b.py")
    assert manager.errors == {}


def test_a_plugin_that_the_program_imports_itself_is_one_module(still, folder, monkeypatch):
    folder.write("greet.py", plugin("greet"))
    monkeypatch.syspath_prepend(str(folder.path.parent))
    module = importlib.import_module("hosted.greet")
    manager = still()
    assert manager.get_plugin("greet").call is module.run
    folder.write("greet.py", plugin("greet", "new"))
    manager.refresh()
    assert module.run()[0] == "new"


def test_two_plugins_may_swap_their_names_in_one_save(still, folder):
    folder.write("a.py", plugin("x", "from a"))
    folder.write("b.py", plugin("y", "from b"))
    manager = still()
    folder.write("a.py", plugin("y", "from a"))
    folder.write("b.py", plugin("x", "from b"))
    manager.refresh()
    assert manager.errors == {}
    assert manager.get_plugin("x").call()[0] == "from b"
    assert manager.get_plugin("y").call()[0] == "from a"


def test_a_renamed_file_is_the_same_plugin_elsewhere(start, folder, news):
    folder.write("old_name.py", plugin("greet"))
    manager = start(watch_change_sleep_ms=50)
    (folder.path / "old_name.py").rename(folder.path / "new_name.py")
    assert news.kind("added").path.endswith("new_name.py")
    assert manager.get_plugin("greet").path.endswith("new_name.py")
    assert manager.errors == {}


def test_a_package_is_one_plugin_and_its_files_are_one_patch(still, folder, patcher):
    folder.write("pack/__init__.py", plugin("pack").replace('"old"', "left(), right()") + "\n")
    folder.write("pack/__init__.py", "from .parts.a import left\nfrom .b import right\n"
                 + plugin("pack").replace('"old"', "left(), right()"))  # fmt: skip
    folder.write("pack/parts/__init__.py", "")
    folder.write("pack/parts/a.py", "def left(): return 1\n")
    folder.write("pack/b.py", "def right(): return 1\n")
    manager = still()
    assert manager.get_plugin("pack").path == str(folder.path / "pack")
    assert manager.get_plugin("pack").call() == (1, 1, 0)
    folder.write("pack/parts/a.py", "def left(): return 2\n")
    folder.write("pack/b.py", "def right(: return 2\n")
    manager.refresh()
    assert manager.get_plugin("pack").call() == (1, 1, 0)
    folder.write("pack/b.py", "def right(): return 2\n")
    manager.refresh()
    assert manager.get_plugin("pack").call() == (2, 2, 0)
    assert len(patcher.history()) == 1
    shutil.rmtree(folder.path / "pack")
    manager.refresh()
    assert manager.get_plugin_name_list() == []
    assert not [name for name in sys.modules if f"{name}.".find(".pack.") > 0]


def test_plugins_share_files_whose_name_begins_with_an_underscore(still, folder):
    folder.write("_shared.py", "def answer(): return 1\n")
    folder.write(
        "a.py", "from ._shared import answer\n" + plugin("a").replace('"old"', "answer()")
    )
    manager = still()
    assert manager.get_plugin("a").call()[0] == 1
    folder.write("_shared.py", "def answer(): return 2\n")
    manager.refresh()
    assert manager.get_plugin("a").call()[0] == 2


def test_a_bad_shared_file_keeps_back_what_may_need_it(still, folder):
    folder.write("_shared.py", "def answer(): return 1\n")
    text = "from . import _shared\n" + plugin("a").replace('"old"', "_shared.answer()")
    folder.write("a.py", text)
    manager = still()
    folder.write("_shared.py", "def reply(: return 2\n")
    folder.write("a.py", text.replace("answer()", "reply()"))
    manager.refresh()
    assert manager.get_plugin("a").call()[0] == 1
    folder.write("_shared.py", "def reply(): return 2\n")
    manager.refresh()
    assert manager.get_plugin("a").call()[0] == 2


def test_a_plugin_that_raises_at_import_is_loaded_once_it_is_mended(still, folder):
    folder.write("late.py", "import sys\nsys.exit('no')\n")
    folder.write("good.py", plugin("good"))
    manager = still()
    assert manager.errors[str(folder.path / "late.py")] == ("late.py:2: SystemExit: no",)
    folder.write("late.py", plugin("late"))
    manager.refresh()
    assert manager.get_plugin_name_list() == ["good", "late"]


def test_a_plugin_that_raises_in_run_hurts_nobody(still, folder, caplog):
    folder.write("bad.py", plugin("bad").replace("return", "raise ValueError(x)\n    return"))
    folder.write("good.py", plugin("good"))
    manager = still()
    result = manager.run("bad", 5)
    assert not result.ok
    assert repr(result.error) == "ValueError(5)"
    assert "plugin bad raised in run" in caplog.text
    assert "raise ValueError(x)" in caplog.text
    assert manager.run("good", 5).value == ("old", 5)
    assert isinstance(manager.run("nobody").error, LookupError)


def test_a_call_in_flight_finishes_while_its_plugin_goes_away(still, folder):
    inside, go_on, results = threading.Event(), threading.Event(), []
    text = plugin("slow").replace("return ", "inside.set(); go_on.wait(); return helper(), ")
    file = folder.write("slow.py", "def helper(): return 'whole'\n" + text)
    manager = still()
    meta = manager.get_plugin("slow")
    meta.call.__globals__.update(inside=inside, go_on=go_on)
    thread = threading.Thread(target=lambda: results.append(meta.call()))
    thread.start()
    assert inside.wait(20)
    file.unlink()
    manager.refresh()
    assert manager.get_plugin("slow") is None
    go_on.set()
    thread.join(20)
    assert results == [("whole", "old", 0)]


def test_pop_plugin_unloads_until_the_file_changes_or_it_is_set_again(still, folder):
    file = folder.write("greet.py", plugin("greet"))
    manager = still()
    assert manager.pop_plugin(file).name == "greet"
    assert manager.pop_plugin("greet.py") is None
    manager.refresh()
    assert manager.get_plugin("greet") is None
    assert manager.set_plugin("greet.py").name == "greet"
    manager.pop_plugin("greet.py")
    folder.write("greet.py", plugin("greet", "new"))
    manager.refresh()
    assert manager.get_plugin("greet").call()[0] == "new"


def test_set_plugin_takes_one_file_at_once_and_no_other(still, folder):
    folder.write("a.py", plugin("a"))
    folder.write("b.py", plugin("b"))
    manager = still()
    folder.write("a.py", plugin("a", "new"))
    folder.write("b.py", plugin("b", "new"))
    assert manager.set_plugin(folder.path / "a.py").call()[0] == "new"
    assert manager.get_plugin("b").call()[0] == "old"
    folder.write("a.py", "def run(:\n")
    assert manager.set_plugin("a.py") is None
    with pytest.raises(UsageError, match=r"'nothing\.py' is no plugin"):
        manager.set_plugin("nothing.py")


class Greeter(Protocol):
    language: str

    def greet(self, name: str, *, loud: bool) -> str: ...


def test_a_protocol_may_be_the_contract(still, folder):
    folder.write(
        "en.py", "language = 'en'\ndef greet(name, *, loud=False): return 'hi ' + name\n"
    )
    folder.write("xx.py", "language = 1\ndef greet(): pass\n")
    manager = still(contract=Greeter)
    assert manager.get_plugin_name_list() == ["en"]
    assert manager.errors[str(folder.path / "xx.py")] == (
        "language must be str, not int",
        "greet cannot be called as asked: too many positional arguments",
    )


def test_a_function_may_be_the_contract(still, folder):
    def has_price(names):
        return [] if names.get("price", 0) > 0 else ["it is free"]

    folder.write("tea.py", "price = 3\n")
    folder.write("air.py", "price = 0\n")
    manager = still(contract=has_price)
    assert manager.get_plugin_name_list() == ["tea"]
    folder.write("tea.py", "price = 0\n")
    manager.refresh()
    assert manager.errors[str(folder.path / "tea.py")] == ("it is free",)
    folder.write("tea.py", "price = 'x'\n")
    manager.refresh()
    assert "TypeError" in manager.errors[str(folder.path / "tea.py")][0]
    assert manager.get_plugin_name_list() == ["tea"]


def test_a_class_that_is_no_protocol_is_no_contract(start):
    with pytest.raises(UsageError, match="neither a function nor a Protocol"):
        start(contract=int)


def test_an_undo_brings_the_old_version_and_its_meta_back(still, folder, patcher):
    folder.write("greet.py", plugin("greet"))
    manager = still()
    folder.write("greet.py", plugin("greet", "new", "2.0"))
    manager.refresh()
    patcher.undo()
    assert manager.get_plugin("greet").version == "1.0"
    assert manager.get_plugin("greet").call()[0] == "old"
    manager.refresh()
    assert manager.get_plugin("greet").version == "1.0"  # until the file is saved again


def test_a_folder_that_goes_away_costs_nothing_and_is_followed_when_it_is_back(
    still, folder, caplog
):
    folder.write("greet.py", plugin("greet"))
    manager = still()
    folder.path.rename(folder.path.with_name("away"))
    manager.refresh()
    manager.refresh()
    assert manager.get_plugin("greet").call()[0] == "old"
    assert caplog.text.count("its plugins go on") == 1
    folder.path.with_name("away").rename(folder.path)
    folder.write("greet.py", plugin("greet", "new"))
    manager.refresh()
    assert manager.get_plugin("greet").call()[0] == "new"


def test_a_missing_folder_is_an_error_that_names_it(tmp_path, patcher):
    with pytest.raises(UsageError, match="there is no folder"):
        PluginManager(tmp_path / "nowhere", patcher=patcher)


def test_a_save_that_deletes_the_file_first_removes_no_plugin(start, folder, news):
    file = folder.write("greet.py", plugin("greet"))
    manager = start(watch_change_sleep_ms=3_600_000)
    file.unlink()
    folder.write("greet.py", plugin("greet", "new"))
    assert news.next().kind == "changed"
    assert manager.get_plugin("greet").call()[0] == "new"


def test_after_stop_nothing_is_left(still, folder, patcher):
    folder.write("greet.py", plugin("greet"))
    modules, threads, gates = set(sys.modules), threading.active_count(), [*patcher.gates]
    manager = still()
    manager.stop()
    manager.stop()
    assert manager.get_plugin_name_list() == []
    assert patcher.files() == frozenset()
    assert patcher.gates == gates
    assert set(sys.modules) == modules
    assert threading.active_count() == threads


def test_readers_never_see_a_plugin_half_changed(start, folder):
    text = plugin("pair").replace('"old", x', "({0}, {0})")
    folder.write("pair.py", text.format(0))
    manager = start(watch_change_sleep_ms=3_600_000, events=False)
    done, wrong = threading.Event(), []

    def read():
        while not done.is_set():
            left, right = manager.get_plugin("pair").call()
            if left != right:
                wrong.append((left, right))

    threads = [threading.Thread(target=read) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(1, 30):
        folder.replace("pair.py", text.format(number))
        manager.refresh()
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert manager.get_plugin("pair").call() == (29, 29)
