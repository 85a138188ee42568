"""An engine always has the newest good version of its file."""

import hashlib
import importlib
import logging
import re
import sys
import threading

import pytest

from livepatch.errors import UsageError
from livepatch.hosting import Engine

ONE = """
    LIMIT = 1
    def f1(): return "one"
    def f2(): return LIMIT
    class Counter:
        def step(self): return 1
"""
TWO = (
    ONE.replace('"one"', '"two"')
    .replace("LIMIT = 1", "LIMIT = 2")
    .replace("return 1", "return 2")
)
BROKEN = 'def f1(: return "broken"\n'


@pytest.fixture
def start(folder, patcher, news):
    """Give a function that starts an engine on `engine.py`; all are stopped after the test."""
    engines = []

    def make(text=ONE, *, name="engine.py", **options):
        file = folder.write(name, text)
        engines.append(Engine(file, patcher=patcher, **{"frequency": 0.05} | options))
        engines[-1].on_patch(news)
        return engines[-1]

    yield make
    for engine in engines:
        engine.stop()


def test_attributes_are_what_the_file_defines(start):
    engine = start()
    assert (engine.f1(), engine.f2(), engine.LIMIT) == ("one", 1, 1)
    assert engine.mod.f1 is engine.f1
    assert {"f1", "notify"} <= set(dir(engine))


def test_of_a_text_that_was_refused_notify_says_once_more_why(start, folder):
    told = []
    engine = start(events=False, frequency=60)
    engine.on_patch(told.append)
    folder.write("engine.py", BROKEN)
    first, again = engine.notify(), engine.notify()
    assert not first.ok
    assert not again.ok
    assert again.errors == first.errors == engine.errors
    assert [patch.ok for patch in told] == [False]


def test_a_name_that_the_file_does_not_define_is_an_attribute_error_that_names_the_file(start):
    with pytest.raises(AttributeError, match=r"engine\.py defines no 'missing'"):
        start().missing  # noqa: B018


@pytest.mark.parametrize("events", [True, False], ids=["events", "polling"])
def test_held_functions_and_instances_follow_a_save(start, folder, news, events):
    engine = start(events=events)
    f1, counter = engine.f1, engine.Counter()
    folder.write("engine.py", TWO)
    news.next(lambda patch: patch.ok)
    assert (f1(), engine.f2(), counter.step()) == ("two", 2, 2)
    assert engine.f1 is f1


@pytest.mark.parametrize("events", [True, False], ids=["events", "polling"])
def test_a_file_renamed_into_place_is_a_save_too(start, folder, news, events):
    engine = start(events=events)
    folder.replace("engine.py", TWO)
    news.next(lambda patch: patch.ok)
    assert engine.f1() == "two"


def test_a_bad_file_is_logged_and_the_last_good_code_stays(start, folder, news, caplog):
    engine = start()
    folder.write("engine.py", BROKEN)
    news.next(lambda patch: not patch.ok)
    assert engine.f1() == "one"
    assert "held" in repr(engine)
    assert re.search(r"engine\.py:1: SyntaxError: .*the last good code goes on", caplog.text)
    folder.write("engine.py", TWO)
    news.next(lambda patch: patch.ok)
    assert (engine.f1(), engine.errors) == ("two", ())


def test_code_that_raises_is_logged_with_its_traceback_and_nothing_of_it_stays(
    start, folder, news, caplog
):
    engine = start()
    folder.write("engine.py", TWO.replace("LIMIT = 2", "LIMIT = 2\n    EXTRA = 1 / 0"))
    news.next(lambda patch: not patch.ok)
    assert (engine.f1(), engine.LIMIT) == ("one", 1)
    assert "ZeroDivisionError" in caplog.text


def test_the_fingerprint_is_the_sha1_of_the_bytes_that_run(start, folder, news):
    engine = start()
    assert (
        engine.fingerprint == hashlib.sha1((folder.path / "engine.py").read_bytes()).hexdigest()
    )
    good = engine.fingerprint
    folder.write("engine.py", BROKEN)
    news.next(lambda patch: not patch.ok)
    assert engine.fingerprint == good
    file = folder.write("engine.py", TWO)
    news.next(lambda patch: patch.ok)
    assert engine.fingerprint == hashlib.sha1(file.read_bytes()).hexdigest()


def test_the_log_has_the_line_of_the_original(start, folder, news, tmp_path):
    log = tmp_path / "hotswap.log"
    engine = start(log=log)
    assert not log.exists()
    folder.write("engine.py", TWO)
    news.next(lambda patch: patch.ok)
    expected = f"received notification of fingerprint change ({engine.fingerprint})"
    engine.stop()
    assert [line for line in log.read_text().splitlines() if line.endswith(expected)]


def test_a_logger_of_the_callers_takes_the_lines(start, folder, news):
    records = []
    logger = logging.Logger("mine")  # noqa: LOG001  in no table
    handler = logging.Handler()
    handler.emit = lambda record: records.append(record.getMessage())
    logger.addHandler(handler)
    start(log=logger)
    folder.write("engine.py", TWO)
    news.next(lambda patch: patch.ok)
    assert any("fingerprint change" in line for line in records)


def test_notify_takes_the_file_at_once_and_gives_the_patch(start, folder):
    engine = start(frequency=3600, events=False)
    folder.write("engine.py", TWO)
    patch = engine.notify()
    assert patch.ok
    assert {change.qualname for change in patch.changes} == {"LIMIT = 2", "f1", "Counter.step"}
    assert not engine.notify()


def test_an_undo_brings_the_old_functions_and_their_fingerprint_back(start, folder, patcher):
    engine = start(frequency=3600, events=False)
    first = engine.fingerprint
    folder.write("engine.py", TWO)
    engine.notify()
    second = engine.fingerprint
    patcher.undo()
    assert (engine.f1(), engine.LIMIT, engine.fingerprint) == ("one", 1, first)
    assert not engine.notify()  # the file was not saved since
    patcher.redo()
    assert (engine.f1(), engine.fingerprint) == ("two", second)


def test_a_file_that_goes_away_costs_nothing_and_is_taken_when_it_is_back(
    start, folder, caplog
):
    engine = start(frequency=3600, events=False)
    (folder.path / "engine.py").unlink()
    assert not engine.notify()
    assert engine.f1() == "one"
    assert "is gone" in caplog.text
    folder.write("engine.py", TWO)
    assert engine.notify()
    assert engine.f1() == "two"


def test_an_empty_file_is_half_a_save(start, folder):
    engine = start(frequency=3600, events=False)
    folder.write("engine.py", "")
    assert engine.notify().errors[0].slug == "empty"
    assert engine.f1() == "one"


def test_after_stop_nothing_follows_and_nothing_is_left(start, folder, patcher):
    before = threading.active_count()
    engine = start()
    name, f1 = engine.mod.__name__, engine.f1
    engine.stop()
    engine.stop()
    folder.write("engine.py", TWO)
    assert f1() == "one"
    assert name not in sys.modules
    assert patcher.files() == frozenset()
    assert threading.active_count() == before


def test_an_engine_ends_with_its_block(folder, patcher):
    with Engine(folder.write("engine.py", ONE), patcher=patcher) as engine:
        assert engine.f1() == "one"
    assert not patcher.files()


def test_a_missing_file_is_an_error_that_names_it(tmp_path, patcher):
    with pytest.raises(UsageError, match=r"there is no file '.*nothing\.py'"):
        Engine(tmp_path / "nothing.py", patcher=patcher)


@pytest.mark.parametrize("frequency", [0, -1, float("nan")])
def test_a_frequency_that_is_none_is_refused(folder, patcher, frequency):
    with pytest.raises(UsageError, match="frequency"):
        Engine(folder.write("engine.py", ONE), frequency, patcher=patcher)


def test_a_file_that_is_bad_from_the_start_raises_and_leaves_nothing(start, patcher):
    modules = set(sys.modules)
    with pytest.raises(SyntaxError):
        start(BROKEN)
    with pytest.raises(ZeroDivisionError):
        start("1 / 0\n")
    assert set(sys.modules) == modules
    assert patcher.files() == frozenset()


def test_the_module_of_an_engine_hides_no_other_module(start):
    import json

    engine = start("def dumps(value): return 'mine'\n", name="json.py")
    assert engine.dumps(1) == "mine"
    assert sys.modules["json"] is json


def test_a_module_that_the_program_has_imported_is_the_engines_module(
    start, folder, monkeypatch
):
    folder.write("imported_engine.py", ONE)
    monkeypatch.syspath_prepend(str(folder.path))
    module = importlib.import_module("imported_engine")
    engine = start(ONE, name="imported_engine.py", frequency=3600, events=False)
    assert engine.mod is module
    folder.write("imported_engine.py", TWO)
    engine.notify()
    assert module.f1() == "two"
    engine.stop()
    assert sys.modules["imported_engine"] is module


def test_classes_of_an_engine_can_be_pickled_and_typed(start):
    import pickle
    import typing

    engine = start("class A:\n    b: 'B'\nclass B: pass\n")
    assert type(pickle.loads(pickle.dumps(engine.A()))) is engine.A
    assert typing.get_type_hints(engine.A) == {"b": engine.B}


def test_a_broken_engine_holds_up_no_other_file(start, folder, patcher, project):
    app = project.start("engine_neighbour", "def g(): return 1\n")
    patcher.track(app, app.__file__)
    engine = start(frequency=3600, events=False)
    folder.write("engine.py", BROKEN)
    assert not engine.notify().ok
    project.write("engine_neighbour.py", "def g(): return 2\n")
    assert patcher.apply().ok
    assert app.g() == 2


def test_only_the_engine_applies_its_file(start, folder, patcher):
    engine = start(frequency=3600, events=False)
    folder.write("engine.py", TWO)
    assert not patcher.apply()
    assert engine.f1() == "one"


def test_many_threads_may_call_and_notify_at_once(start, folder):
    engine = start("def pair(): return (0, 0)\n", frequency=3600, events=False)
    done, wrong = threading.Event(), []

    def call():
        while not done.is_set():
            engine.notify()
            left, right = engine.pair()
            if left != right:
                wrong.append((left, right))

    threads = [threading.Thread(target=call) for _ in range(4)]
    for thread in threads:
        thread.start()
    for number in range(1, 40):
        folder.replace("engine.py", f"def pair(): return ({number}, {number})\n")
        engine.notify()
    done.set()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert engine.pair() == (39, 39)
    assert engine.errors == ()
