"""Scripts run from a database: patched when a new version comes, refused when it is bad."""

import datetime as dt
import inspect
import logging
import sys
import threading
import traceback

import pytest

pytest.importorskip("sqlalchemy")

from livepatch.errors import ScriptRefusedError, SignatureError, StoreError, UsageError
from livepatch.hosting import BaseHandler, RunResult, ScriptHost, ScriptStore

DAILY = """\
from livepatch.hosting import BaseHandler

class Daily(BaseHandler):
    def __init__(self):
        self.runs = 0

    def execute(self, left, right=10):
        self.runs += 1
        print("old", self.runs)
        return left + right

    def callback(self, result):
        raise ValueError(result)
"""
NEW = DAILY.replace('"old"', '"new"')


@pytest.fixture
def store(tmp_path):
    made = ScriptStore(f"sqlite:///{tmp_path / 'scripts.db'}")
    yield made
    made.close()


@pytest.fixture
def start(store, patcher, news):
    """Give a function that starts a host; all are stopped after the test."""
    hosts = []

    def make(**options):
        host = ScriptHost(store, patcher=patcher, **{"watch": False} | options)
        host.on_change(news)
        hosts.append(host)
        return host

    yield make
    for host in hosts:
        host.stop()


def body(*lines, name="execute", head="", arguments="self, *rest"):
    """Give a script whose handler has one callback with these lines."""
    inner = "".join(f"        {line}\n" for line in lines)
    return (
        f"{head}from livepatch.hosting import BaseHandler\n\nclass H(BaseHandler):\n"
        f"    def {name}({arguments}):\n{inner}"
    )


def test_a_run_gives_results_output_and_times(store, start):
    store.put("daily", DAILY)
    result = start().run("daily", "execute", 1, 2)
    assert isinstance(result, RunResult)
    assert result.ok
    assert (result.results, result.sub_tasks, result.stdout) == ((3,), (), "old 1\n")
    assert (result.exception, result.traceback) == (None, "")
    assert (result.script, result.version, result.callback) == ("daily", 1, "execute")
    assert result.started.tzinfo is dt.UTC
    assert result.duration > 0


@pytest.mark.parametrize(
    ("arguments", "expected"), [((1,), 11), ((1, 2), 3), ((1, 2, 3, 4), 3)]
)
def test_a_callback_gets_as_many_arguments_as_it_takes(store, start, arguments, expected):
    store.put("daily", DAILY)
    assert start().run("daily", "execute", *arguments).results == (expected,)


def test_too_few_arguments_are_an_exception_of_the_run(store, start):
    store.put("daily", DAILY)
    result = start().run("daily")
    assert isinstance(result.exception, TypeError)
    assert "left" in result.traceback


def test_a_callback_with_a_star_gets_all_arguments(store, start):
    store.put("s", body("return rest"))
    assert start().run("s", "execute", 1, 2, 3).results == ((1, 2, 3),)


def test_yielded_and_added_values_are_results_too(store, start):
    store.put("s", body("self.add_result(0)", "yield 1", "yield 2"))
    assert start().run("s").results == (0, 1, 2)
    store.put("a", body("return 5").replace("def execute", "async def execute"))
    assert start().run("a").results == (5,)
    store.put("g", body("yield 6").replace("def execute", "async def execute"))
    assert start().run("g").results == (6,)


def test_sub_tasks_are_given_back_and_can_be_run(store, start):
    store.put(
        "s",
        body("self.sub_task('callback', 1)", "self.sub_task('execute', 7, script='other')")
        + "    def callback(self, x):\n        return -x\n",
    )
    store.put("other", body("return x", arguments="self, x"))
    host = start()
    result = host.run("s")
    assert [(task.script, task.callback, task.arguments) for task in result.sub_tasks] == [
        ("s", "callback", (1,)),
        ("other", "execute", (7,)),
    ]
    assert [part.results for part in host.run_sub_tasks(result)] == [(-1,), (7,)]


def test_a_traceback_shows_the_lines_of_the_script_and_begins_there(store, start):
    store.put("daily", DAILY)
    host = start()
    result = host.run("daily", "callback", 5)
    assert repr(result.exception) == "ValueError(5)"
    assert result.traceback.splitlines() == [
        "Traceback (most recent call last):",
        '  File "<script daily>", line 13, in callback',
        "    raise ValueError(result)",
        "ValueError: 5",
    ]
    store.put("daily", "# one line more\n" + DAILY)
    host.refresh()
    shown = host.run("daily", "callback", 5).traceback
    assert "line 14, in callback\n    raise ValueError(result)" in shown


def test_the_source_of_a_script_is_its_own(store, start):
    store.put("daily", DAILY)
    host = start()
    handler = host.handlers("daily")["Daily"]
    assert inspect.getsource(handler) == DAILY.split("\n\n", 1)[1]
    store.put("daily", "# moved\n" + NEW)
    host.refresh()
    assert 'print("new", self.runs)' in inspect.getsource(handler.execute)


def test_whatever_a_script_raises_is_in_the_result(store, start):
    for number, line in enumerate(["raise SystemExit(3)", "raise GeneratorExit", "1 / 0"]):
        store.put(f"s{number}", body(line))
    host = start()
    kinds = [type(host.run(f"s{number}").exception) for number in range(3)]
    assert kinds == [SystemExit, GeneratorExit, ZeroDivisionError]


def test_a_handler_that_cannot_be_made_is_in_the_result(store, start):
    store.put("daily", DAILY.replace("self.runs = 0", "1 / 0"))
    assert isinstance(start().run("daily", "execute", 1).exception, ZeroDivisionError)


def test_runs_at_the_same_time_keep_their_output_apart(store, start, capsys):
    store.put("s", body("print(name)", "barrier.wait()", "print(name)", arguments="self, name"))
    host = start()
    vars(host.load("s"))["barrier"] = threading.Barrier(3, timeout=20)
    outputs = {}

    def run(name):
        outputs[name] = host.run("s", "execute", name).stdout

    threads = [threading.Thread(target=run, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    sys.stdout.write("the program's own\n")
    vars(host.load("s"))["barrier"].wait()
    for thread in threads:
        thread.join(20)
    assert outputs == {"a": "a\na\n", "b": "b\nb\n"}
    assert capsys.readouterr().out == "the program's own\n"
    assert type(sys.stdout).__name__ != "_Switch"


def test_a_new_version_is_patched_in_and_the_handler_keeps_its_state(store, start):
    store.put("daily", DAILY)
    host = start()
    host.run("daily", "execute", 1)
    handler = host.handlers("daily")["Daily"]
    store.put("daily", NEW)
    assert host.refresh().ok
    result = host.run("daily", "execute", 1)
    assert (result.stdout, result.version) == ("new 2\n", 2)
    assert host.handlers("daily")["Daily"] is handler


def test_new_versions_of_many_scripts_are_one_patch(store, start, patcher):
    for name in "ab":
        store.put(name, body("return 1"))
    host = start()
    host.load("a")
    host.load("b")
    for name in "ab":
        store.put(name, body("return 2"))
    host.refresh()
    assert (host.run("a").results, host.run("b").results) == ((2,), (2,))
    assert len(patcher.history()) == 1


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("def f(:\n", "<script daily>:1: SyntaxError"),
        (NEW + "\n1 / 0\n", "ZeroDivisionError: division by zero"),
        ("import nothing_of_that_name\n" + NEW, "ModuleNotFoundError"),
        ("x = '\0'\n", "null byte"),
    ],
)
def test_a_bad_version_is_refused_and_says_why(  # noqa: PLR0913, PLR0917  fixtures
    store, start, news, caplog, code, reason
):
    store.put("daily", DAILY)
    store.put("good", body("return 1"))
    host = start()
    host.load("daily")
    host.load("good")
    store.put("daily", code)
    store.put("good", body("return 2"))
    host.refresh()
    assert host.run("daily", "execute", 1).stdout == "old 1\n"
    assert host.run("good").results == (2,)
    assert reason in str(host.refusals["daily"])
    assert "version 2 refused" in caplog.text
    assert news.kind("refused").version == 2
    host.refresh()
    assert caplog.text.count("version 2 refused") == 1
    store.put("daily", NEW)
    host.refresh()
    assert host.refusals == {}
    assert host.run("daily", "execute", 1).stdout == "new 2\n"


def test_an_old_version_that_is_restored_is_patched_in(store, start):
    store.put("daily", DAILY)
    store.put("daily", NEW)
    host = start()
    assert host.run("daily", "execute", 1).stdout == "new 1\n"
    store.restore("daily", 1, "bob")
    host.refresh()
    assert host.run("daily", "execute", 1).stdout == "old 2\n"
    assert host.version("daily") == 3


def test_an_undo_brings_the_old_version_back_with_its_number(store, start, patcher):
    store.put("daily", DAILY)
    host = start()
    host.load("daily")
    store.put("daily", NEW)
    host.refresh()
    patcher.undo()
    result = host.run("daily", "execute", 1)
    assert (result.stdout, result.version) == ("old 1\n", 1)
    assert not host.refresh()


def test_a_deleted_script_is_unloaded(store, start, news):
    store.put("daily", DAILY)
    host = start()
    name = host.load("daily").__name__
    store.delete("daily")
    host.refresh()
    assert news.kind("removed").name == "daily"
    assert name not in sys.modules
    with pytest.raises(StoreError, match="was deleted"):
        host.run("daily")


def test_a_script_that_cannot_be_loaded_raises_and_leaves_nothing(store, start, patcher):
    store.put("bad", "x = 1\n1 / 0\n")
    modules = set(sys.modules)
    with pytest.raises(ScriptRefusedError, match="<script bad>:2: ZeroDivisionError"):
        start().run("bad")
    assert set(sys.modules) == modules
    assert not patcher.files()


def test_what_cannot_be_run_is_an_error_that_says_what_can(store, start):
    store.put("daily", DAILY)
    store.put("plain", "x = 1\n")
    store.put("two", DAILY + DAILY.replace("Daily", "Nightly"))
    host = start()
    with pytest.raises(
        UsageError, match="'explode' is no callback of daily; it has: callback, ex"
    ):
        host.run("daily", "explode")
    with pytest.raises(UsageError, match="plain has no handler"):
        host.run("plain")
    with pytest.raises(UsageError, match="name one of: two:Daily, two:Nightly"):
        host.run("two")
    with pytest.raises(UsageError, match="two has no handler 'Other'"):
        host.run("two:Other")
    assert host.run("two:Nightly", "execute", 1).results == (11,)
    with pytest.raises(StoreError, match="nothing is not there"):
        host.run("nothing")


def test_only_what_callbacks_names_can_be_run_from_outside(store, start):
    code = body("return self.helper()") + "    def helper(self):\n        return 1\n"
    store.put("s", code)
    host = start()
    with pytest.raises(UsageError):
        host.run("s", "helper")
    assert host.run("s").results == (1,)
    store.put("s", code + "    callbacks = ['helper']\n")
    host.refresh()
    assert host.run("s", "helper").results == (1,)


def test_results_can_only_be_given_in_a_run():
    with pytest.raises(UsageError, match="only be given in a run"):
        BaseHandler().add_result(1)


@pytest.mark.parametrize("loop", ["while True: pass", "while True: list(range(100))"])
def test_a_run_that_takes_too_long_is_stopped(store, start, loop):
    store.put("s", body("print('begun')", loop))
    before = threading.active_count()
    result = start().run("s", timeout=0.1)
    assert "the time limit of 0.1 s is over; stopped in <script s>:6" in str(result.exception)
    assert result.stdout == "begun\n"
    assert threading.active_count() == before


def test_a_time_limit_passes_no_except_clause_for_exceptions(store, start):
    store.put("s", body("while True:", "    try: 1", "    except Exception: pass"))
    assert "stopped" in str(start().run("s", timeout=0.1).exception)


def test_a_run_that_cannot_be_stopped_is_given_up(store, start):
    store.put("s", body("lock.acquire()", "return 1"))
    host = start()
    lock = vars(host.load("s"))["lock"] = threading.Lock()
    lock.acquire()
    result = host.run("s", timeout=0.05)
    assert "has not stopped yet" in str(result.exception)
    lock.release()


def test_a_run_within_its_time_is_like_any_other(store, start):
    store.put("daily", DAILY)
    host = start()
    result = host.run("daily", "execute", 1, timeout=60)
    assert (result.results, result.stdout) == ((11,), "old 1\n")
    failed = host.run("daily", "callback", 1, timeout=60)
    assert "raise ValueError(result)" in failed.traceback


def test_two_hosts_may_have_scripts_of_one_name(store, start, tmp_path, patcher):
    store.put("daily", DAILY)
    other_store = ScriptStore(f"sqlite:///{tmp_path / 'other.db'}")
    other_store.put("daily", NEW)
    with ScriptHost(other_store, watch=False, patcher=patcher) as other:
        host = start()
        assert host.run("daily", "execute", 1).stdout == "old 1\n"
        assert other.run("daily", "execute", 1).stdout == "new 1\n"
        assert host.load("daily") is not other.load("daily")


def test_a_host_follows_its_store(store, start, news):
    store.put("daily", DAILY)
    host = start(watch=True, interval=0.02)
    host.load("daily")
    store.put("daily", NEW)
    assert news.kind("patched").version == 2
    assert host.run("daily", "execute", 1).stdout == "new 1\n"


def test_a_store_that_goes_away_costs_nothing_and_is_followed_when_it_is_back(
    store, start, tmp_path, news
):
    told = News(("gone", "is back"))
    store.put("daily", DAILY)
    host = start(watch=True, interval=0.02, log=told.logger)
    host.load("daily")
    (tmp_path / "scripts.db").rename(tmp_path / "away.db")
    assert told.gone.wait(20)
    assert host.run("daily", "execute", 1).stdout == "old 1\n"
    (tmp_path / "away.db").rename(tmp_path / "scripts.db")
    store.put("daily", NEW)
    assert news.kind("patched").version == 2
    assert told.back.wait(20)


class News:
    """A logger that sets an event when a line contains a text."""

    def __init__(self, texts):
        self.gone, self.back = threading.Event(), threading.Event()
        self.logger = logging.Logger("told")  # noqa: LOG001  in no table
        handler = logging.Handler()
        handler.emit = lambda record: [
            event.set()
            for event, text in zip((self.gone, self.back), texts, strict=True)
            if text in record.getMessage()
        ]
        self.logger.addHandler(handler)


def test_postgresql_tells_the_host_at_once(clean_database, patcher, news):
    store, writer = ScriptStore(clean_database), ScriptStore(clean_database)
    writer.put("daily", DAILY)
    with ScriptHost(store, interval=3600, patcher=patcher) as host:
        host.on_change(news)
        host.load("daily")
        writer.put("daily", NEW)
        assert news.kind("patched").version == 2
        assert host.run("daily", "execute", 1).stdout == "new 1\n"
    store.close()
    writer.close()


def test_a_host_survives_a_restart_of_its_server(postgres, clean_database, patcher, news):
    store = ScriptStore(clean_database)
    store.put("daily", DAILY)
    told = News(("cannot be used", "is back"))
    with ScriptHost(store, interval=0.05, patcher=patcher, log=told.logger) as host:
        host.on_change(news)
        host.load("daily")
        postgres.stop()
        try:
            assert told.gone.wait(20)
            assert host.run("daily", "execute", 1).stdout == "old 1\n"
        finally:
            postgres.start()
        assert told.back.wait(20)
        store.put("daily", NEW)
        assert news.kind("patched").version == 2
    store.close()


def test_a_schedule_runs_by_the_clock_and_through_new_versions(store, start):
    pytest.importorskip("apscheduler")
    store.put("daily", DAILY)
    host = start()
    results, ran = [], threading.Event()
    host.on_run(lambda result: (results.append(result), ran.set()))
    number = host.schedule("daily", "* * * * *", "execute", 5)
    job = host._schedule._scheduler.get_job(number)
    assert str(job.trigger) == "cron[month='*', day='*', day_of_week='*', hour='*', minute='*']"
    for expected, code in (("old 1\n", NEW), ("new 2\n", DAILY)):
        ran.clear()
        job.modify(next_run_time=dt.datetime.now(dt.UTC))
        assert ran.wait(20)
        assert results[-1].stdout == expected
        store.put("daily", code)
        host.refresh()
    host.unschedule(number)
    host.unschedule(number)
    assert host._schedule.entries() == ()
    with pytest.raises(UsageError, match="no cron expression"):
        host.schedule("daily", "every day")


def test_a_scheduled_script_that_is_gone_is_told_of_and_ends_nothing(store, start, caplog):
    pytest.importorskip("apscheduler")
    store.put("daily", DAILY)
    host = start()
    number = host.schedule("daily", "* * * * *")
    store.delete("daily")
    host.refresh()
    host._run_entry(host._schedule.entries()[0])
    assert "scheduled run of daily: the script daily was deleted" in caplog.text
    host.unschedule(number)


class TestSignatures:
    @pytest.fixture
    def keys(self):
        pytest.importorskip("cryptography")
        from livepatch.hosting import signing

        return signing.make_keys()

    def put(self, store, keys, code, forged=()):
        """Put `code`, signed by ada as the script daily, or as `forged` has it."""
        from livepatch.hosting.signing import sign

        signed = {"name": "daily", "code": code, "author": "ada"} | dict(forged)
        author = signed.pop("by", signed["author"])
        return store.put("daily", code, author, signature=sign(keys[0], **signed))

    def test_a_script_that_a_trusted_author_signed_is_run(self, store, start, keys):
        self.put(store, keys, DAILY)
        host = start(trusted={"ada": keys[1]})
        assert host.run("daily", "execute", 1).ok
        self.put(store, keys, NEW)
        host.refresh()
        store.restore("daily", 1, "bob")
        host.refresh()
        assert host.version("daily") == 3

    @pytest.mark.parametrize(
        ("forged", "reason"),
        [
            ({"author": "eve"}, "the author 'eve' is not trusted"),
            ({"by": "", "author": "ada"}, "the author '' is not trusted"),
            ({"author": "eve", "by": "ada"}, "the signature of 'ada' does not fit"),
            ({"name": "other"}, "the signature of 'ada' does not fit"),
            ({"code": "1 / 1"}, "the signature of 'ada' does not fit"),
        ],
    )
    def test_nothing_else_is_executed(self, store, start, keys, forged, reason):
        self.put(store, keys, "1 / 0", forged)
        host = start(trusted={"ada": keys[1]})
        with pytest.raises(SignatureError, match=reason):
            host.load("daily")
        self.put(store, keys, DAILY)
        host.load("daily")
        self.put(store, keys, "1 / 0", forged)
        host.refresh()
        assert reason in str(host.refusals["daily"])
        assert host.run("daily", "execute", 1).ok

    @pytest.mark.parametrize(
        ("signature", "reason"), [(None, "it is not signed"), (b"x", "does not fit")]
    )
    def test_a_signature_that_is_none_counts_for_nothing(
        self, store, start, keys, signature, reason
    ):
        store.put("daily", "1 / 0", "ada", signature=signature)
        with pytest.raises(SignatureError, match=reason):
            start(trusted={"ada": keys[1]}).load("daily")

    def test_a_key_that_is_none_is_an_error(self, store, start, keys):
        self.put(store, keys, DAILY)
        with pytest.raises(UsageError, match="no public key in PEM"):
            start(trusted={"ada": b"nonsense"}).load("daily")
        from livepatch.hosting.signing import sign

        with pytest.raises(UsageError, match="no private key"):
            sign(b"nonsense", "n", "c", "a")


def test_after_stop_nothing_is_left(store, start, patcher):
    store.put("daily", DAILY)
    modules, threads = set(sys.modules), threading.active_count()
    host = start(watch=True)
    host.load("daily")
    host.stop()
    host.stop()
    assert set(sys.modules) == modules
    assert threading.active_count() == threads
    assert not patcher.files()
    assert traceback.linecache.getline("<script daily>", 1) == ""
