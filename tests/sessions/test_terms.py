"""The terms of a patch: guard, gate, trial in a child, time to live, canary; hooks and steps."""

import asyncio
import gc
import os
import sys
import threading
import weakref

import pytest

import livepatch
from livepatch import report
from livepatch.api import default_patcher
from livepatch.errors import UsageError
from livepatch.patching.canary import Canary
from livepatch.patching.commits import SESSIONS
from livepatch.patching.terms import Terms
from livepatch.watching import safepoints

F = "def f(x=1):\n    return {}\n"


@pytest.fixture
def app(project):
    module = project.start("app", F.format(1))
    module.become = lambda body: (project.write("app.py", F.format(body)), project.refresh())[1]
    return module


@pytest.fixture
def on(request):
    """Give what has patches made on terms until the end of the test."""
    said = []

    def install(**terms):
        request.addfinalizer(Terms(**terms).install(default_patcher(), say=said.append))
        return said

    return install


@pytest.fixture
def told():
    """Give the list of the patches that hooks were told of, and an event for each new one."""
    seen, news = [], threading.Condition()

    def note(patch):
        with news:
            seen.append(patch)
            news.notify_all()

    def wait_for(count):
        with news:
            assert news.wait_for(lambda: len(seen) >= count, 60)
        return seen

    remove = livepatch.on_patch(note)
    yield wait_for
    remove()


# --- guard ----------------------------------------------------------------------------------


def test_the_first_exception_out_of_new_code_undoes_the_patch(app, on, told):
    on(guard=60)
    app.become("x / 0")
    with pytest.raises(ZeroDivisionError):
        app.f()
    patches = told(2)
    assert app.f() == 1
    [note] = patches[-1].notes
    assert note.slug == "guard"
    assert "ZeroDivisionError" in note.message
    assert "app.py" in note.message
    assert patches[-1].kind is livepatch.PatchKind.UNDO
    assert app.become("2").ok, "a new text of the file is a new patch"
    assert app.f() == 2


def test_an_exception_of_code_that_was_there_before_undoes_nothing(project, on):
    on(guard=60)
    app = project.start("app", "def f():\n    return 1\ndef g():\n    raise KeyError\n")
    project.edit("app.py", "return 1", "return 2")
    project.refresh()
    with pytest.raises(KeyError):
        app.g()
    assert app.f() == 2


def test_exceptions_that_end_an_iteration_or_a_task_undo_nothing(project, on):
    on(guard=60)
    text = (
        "import asyncio\ndef f():\n    yield {0}\nasync def g():\n    await asyncio.sleep(60 + {0})\n"
        "class I:\n    def __iter__(self):\n        return self\n    def __next__(self):\n"
        "        raise StopIteration({0})\n"
    )
    app = project.start("app", text.format(1))
    project.write("app.py", text.format(2))
    project.refresh()
    running = app.f()
    next(running)
    running.close()
    assert list(app.I()) == []

    async def cancel():
        task = asyncio.create_task(app.g())
        await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)

    asyncio.run(cancel())
    assert next(app.f()) == 2


@pytest.mark.parametrize(
    ("before", "after", "run"),
    [
        ("async def f():\n    return 1\n", "async def f():\n    raise OSError\n", lambda m: asyncio.run(m.f())),
        ("def f():\n    yield 1\n", "def f():\n    yield 1\n    raise OSError\n", lambda m: list(m.f())),
        ("class C:\n    def f(self, *, a=1):\n        return 1\n", "class C:\n    def f(self, *, a=1):\n        raise OSError\n", lambda m: m.C().f(a=2)),
        ("def make(x):\n    def f():\n        return x\n    return f\nf = make(1)\n", "def make(x):\n    def f():\n        raise OSError(x)\n    return f\nf = make(1)\n", lambda m: m.f()),
        ("x = 1\n", "x = 1\ndef f():\n    raise OSError\n", lambda m: m.f()),
    ],
    ids=["coroutine", "generator", "method", "closure", "new function"],
)  # fmt: skip
def test_the_guard_sees_exceptions_out_of_any_kind_of_code(  # noqa: PLR0913, PLR0917
    project, on, told, before, after, run
):
    if sys.version_info < (3, 12) and before == "x = 1\n":
        pytest.skip("before sys.monitoring new functions are not wrapped")
    on(guard=60)
    app = project.start("app", before)
    project.write("app.py", after)
    project.refresh()
    with pytest.raises(OSError):  # noqa: PT011
        run(app)
    assert told(2)[-1].notes[0].slug == "guard"


def test_a_guard_that_ended_costs_nothing_and_undoes_nothing(app):
    stop = Terms(guard=60).install(default_patcher(), say=print)
    app.become("x / 0")
    stop()
    assert app.f.__code__.co_names == ()
    with pytest.raises(ZeroDivisionError):
        app.f()
    with pytest.raises(ZeroDivisionError):
        app.f()
    if hasattr(sys, "monitoring"):
        assert sys.monitoring.get_tool(4) is None


# --- gates ----------------------------------------------------------------------------------


def test_a_gate_is_shown_the_patch_and_decides(app, on):
    seen = []
    on(gate=lambda patch: seen.append(patch) or len(seen) > 1)
    patch = app.become("2")
    assert not patch.ok
    assert patch.errors[0].slug == "gate"
    assert seen[0].changes[0].qualname == "f"
    assert app.f() == 1
    assert livepatch.refresh().number
    assert app.f() == 2


def test_a_gate_that_raises_refuses_with_its_traceback(app, on):
    on(gate=lambda _: 1 / 0)
    patch = app.become("2")
    assert "ZeroDivisionError" in patch.errors[0].message
    assert "Traceback" in patch.errors[0].traceback
    assert app.f() == 1


def test_a_command_as_gate_decides_by_its_exit_status(app, project, on):
    check = project.write(
        "check.py",
        "import os, sys\nprint('looked at', os.environ['LIVEPATCH_FILES'])\nsys.exit('return 2' in open(os.environ['LIVEPATCH_FILES']).read())\n",
    )
    on(gate=f'"{sys.executable}" "{check}"')
    patch = app.become("2")
    assert "gave 1" in patch.errors[0].message
    assert "looked at" in patch.errors[0].traceback
    assert app.become("3").ok
    assert app.f() == 3


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a trial in a child needs os.fork")
def test_a_trial_in_a_child_sees_the_state_of_the_program_and_leaves_no_trace(app, on):
    app.state = {"orders": 3}

    def probe():
        app.state["orders"] += 1
        assert app.f() != app.state["orders"], "four orders and f gives 4"

    on(gate="fork", probe=probe)
    patch = app.become("4")
    assert "exit status 1" in patch.errors[0].message
    assert "four orders and f gives 4" in patch.errors[0].traceback
    assert (app.f(), app.state) == (1, {"orders": 3})
    assert app.become("5").ok
    assert (app.f(), app.state) == (5, {"orders": 3})


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a trial in a child needs os.fork")
@pytest.mark.parametrize(
    ("result", "passed"), [(None, True), (True, True), (0, True), (3, False), (False, False)]
)
def test_the_result_of_a_probe_is_its_verdict(app, on, result, passed):
    on(gate="fork", probe=lambda: result)
    assert app.become("2").ok is passed


@pytest.mark.parametrize(
    "terms",
    [
        {"guard": 0},
        {"ttl": -1},
        {"canary": 1.5},
        {"gate": 3},
        {"gate": "fork"},
        {"session_limit": 0},
    ],
)
def test_terms_that_make_no_sense_are_refused(terms):
    with pytest.raises(UsageError):
        Terms(**terms).install(default_patcher(), say=print)


# --- time to live ------------------------------------------------------------------------------


def test_a_patch_with_a_time_to_live_ends_by_itself(app, on, told):
    on(ttl=0.05)
    app.become("2")
    patches = told(2)
    assert patches[-1].notes[0].slug == "ttl"
    assert app.f() == 1


def test_a_patch_that_is_over_waits_for_what_lies_on_top_of_it(app, told):
    stop = Terms(ttl=0.05).install(default_patcher(), say=print)
    app.become("2")
    newest = default_patcher().newest
    default_patcher().newest = lambda: -1  # something else is on top
    told(1)
    timer = next(t for t in threading.enumerate() if t.name == "livepatch-expiry")
    timer.join(60)
    del default_patcher().newest
    assert newest() == livepatch.history()[-1].number
    assert app.f() == 2
    app.become("3")
    told(4)
    assert app.f() == 1
    stop()


# --- canary -----------------------------------------------------------------------------------


def test_a_canary_runs_for_its_share_and_is_promoted_when_it_is_no_worse(app, request):
    said, dice = [], iter([0.9, 0.01] * 100)
    canary = Canary(default_patcher(), 0.05, say=said.append, pick=lambda: next(dice))
    request.addfinalizer(canary.stop)
    app.become("2")
    seen = []
    for _ in range(39):
        with livepatch.session() as session:
            seen.append((session.canary, app.f(), app.f()))
        assert app.f() == 1, "who is in no session waits"
    assert set(seen) == {(False, 1, 1), (True, 2, 2)}
    with livepatch.session():
        assert app.f() == 2
    assert app.f() == 2
    assert not SESSIONS.is_layered()
    assert "0 of 20 sessions failed" in said[0]


def test_a_canary_that_fails_is_undone_before_everybody_has_it(app, request, told):
    dice = iter([0.9, 0.01] * 100)
    canary = Canary(default_patcher(), 0.05, say=print, pick=lambda: next(dice))
    request.addfinalizer(canary.stop)
    app.become("x / 0")
    failed = 0
    for _ in range(4):
        try:
            with livepatch.session():
                app.f()
        except ZeroDivisionError:
            failed += 1
        assert app.f() == 1
    assert failed == 2
    assert told(2)[-1].notes[0].slug == "canary"
    with livepatch.session():
        assert app.f() == 1
    assert not SESSIONS.is_layered()


def test_a_canary_whose_responses_are_errors_is_undone(app, request, told):
    canary = Canary(default_patcher(), 0.5, say=print, pick=lambda: 0.0)
    request.addfinalizer(canary.stop)

    def application(_, start_response):
        start_response(f"{app.f()} Status", [])
        return [b""]

    app.become("200")
    served = livepatch.wsgi(application)
    for _ in range(20):
        served({}, lambda *_: None)
    assert app.f() == 200
    app.become("500")
    for _ in range(2):
        served({}, lambda *_: None)
    assert told(3)[-1].notes[0].slug == "canary"
    assert app.f() == 200


def test_the_next_patch_promotes_the_canary_before_it(app, on):
    said = on(canary=0.5)
    app.become("2")
    app.become("3")
    assert len(said) == 1
    assert app.f() == 2


# --- sessions that do not end --------------------------------------------------------------------


@pytest.fixture
def clock(monkeypatch):
    """Give the time of sessions as a list of one number, to be changed at will."""
    now = [1000.0]
    monkeypatch.setattr(SESSIONS, "clock", lambda: now[0])
    return now


def left_behind(patch):
    return [note.message for note in patch.notes if note.slug == "old-session"]


def test_a_session_that_does_not_end_is_told_of_once_with_a_patch(app, clock):
    with livepatch.session("import job") as session:
        clock[0] += 60
        assert left_behind(app.become(2)) == []
        clock[0] += 15.4
        version = session.version
        (message,) = left_behind(app.become(3))
        assert message == (
            f"a session goes on with version {version}, which is kept as long (import job, begun in"
            f" MainThread 75 s ago); livepatch.retire({version}, force=True) ends that"
        )
        clock[0] += 1000
        assert left_behind(app.become(4)) == []
        assert app.f() == 1


def test_sessions_of_one_version_are_told_of_together(app, clock):
    sessions = [livepatch.session(name) for name in ("first", "second")]
    for session in sessions:
        SESSIONS.open(session)
        clock[0] += 10
    clock[0] += 60
    (message,) = left_behind(app.become(2))
    assert message.startswith("2 sessions go on with version")
    assert "the oldest is first, begun in MainThread 80 s ago" in message
    for session in sessions:
        session.release()


def test_the_age_from_which_a_session_is_told_of_is_a_term(app, clock, on):
    on(session_limit=600)
    with livepatch.session():
        clock[0] += 599
        assert left_behind(app.become(2)) == []
        clock[0] += 2
        assert len(left_behind(app.become(3))) == 1


def test_what_is_told_of_a_session_is_in_the_report(app, clock):
    with livepatch.session("import job"):
        clock[0] += 61
        text = report.render(app.become(2), root="", color=False)
    assert "! a session goes on with version" in text
    assert "livepatch.retire(" in text


# --- hooks ---------------------------------------------------------------------------------------


def test_hooks_hear_before_and_after_and_do_no_harm(app, capsys):
    heard = []

    def before(patch):
        heard.append(("before", app.f(), patch.number))
        raise RuntimeError(patch.number, "in the hook")

    ends = [
        livepatch.on_patch(before, before=True),
        livepatch.on_patch(lambda patch: heard.append(("after", app.f(), patch.number))),
    ]
    number = app.become("2").number
    assert heard == [("before", 1, number), ("after", 2, number)]
    assert "in the hook" in capsys.readouterr().err
    for end in ends:
        end()
        end()
    app.become("3")
    assert len(heard) == 2


# --- history -------------------------------------------------------------------------------------


def test_a_block_runs_on_the_state_before(app):
    app.become("2")
    app.become("3")
    with livepatch.reverted():
        assert app.f() == 2
    assert app.f() == 3
    with livepatch.reverted(2):
        assert app.f() == 1
    assert app.f() == 3


def test_a_patch_in_the_middle_of_a_block_stays(app):
    app.become("2")
    with livepatch.reverted():
        app.become("5")
    assert app.f() == 5


def test_a_diff_shows_what_a_patch_changed(app):
    number = app.become("2").number
    text = livepatch.diff(number)
    assert "-    return 1\n+    return 2\n" in text
    assert livepatch.diff() == text
    assert livepatch.diff(10**9) == ""


def test_many_patches_leave_neither_memory_nor_old_code(project):
    app = project.start("app", "class C:\n    def f(self):\n        return 0\nX = [0]\n")
    patcher = default_patcher()
    old = weakref.ref(app.C.f.__code__)

    def become(number):
        text = f"class C:\n    def f(self):\n        return {number}\nX = [{number}]\n"
        assert patcher.apply_sources({app.__file__: text.encode()}).number

    for number in range(1, 200):
        become(number)
    gc.collect()
    assert old() is None
    for number in range(200, 1300):  # as many patches as are remembered
        become(number)
    gc.collect()
    level = len(gc.get_objects())
    for number in range(1300, 1700):
        become(number)
    gc.collect()
    assert abs(len(gc.get_objects()) - level) < 200


# --- safe points ------------------------------------------------------------------------------------


def test_a_checkpoint_applies_what_was_saved_since_and_nothing_else_does(app, project):
    add = safepoints.applier(default_patcher().apply, "checkpoint")
    assert livepatch.checkpoint() is None
    project.write("app.py", F.format(2))
    add(frozenset({app.__file__}))
    add(frozenset({app.__file__}))
    assert app.f() == 1
    assert livepatch.checkpoint().number
    assert app.f() == 2
    assert livepatch.checkpoint() is None


def test_a_loop_applies_between_two_steps_of_its_tasks(app, project):
    async def main():
        loop = asyncio.get_running_loop()
        apply = safepoints.applier(default_patcher().apply, loop)
        project.write("app.py", F.format(2))
        thread = threading.Thread(target=apply, args=(frozenset({app.__file__}),))
        thread.start()
        thread.join()
        before = app.f()
        while app.f() == before:  # noqa: ASYNC110  what is awaited sets no event
            await asyncio.sleep(0)
        return before, app.f(), apply

    before, after, apply = asyncio.run(main())
    assert (before, after) == (1, 2)
    project.write("app.py", F.format(3))
    apply(frozenset({app.__file__}))
    assert app.f() == 3, "the loop is closed: at once"


def test_another_place_is_refused():
    with pytest.raises(UsageError):
        safepoints.applier(default_patcher().apply, "sometime")


def test_a_watch_applies_at_checkpoints_on_terms(project):
    app = project.start("app", F.format(1))
    seen = []
    with livepatch.watch(
        project.folder,
        report=False,
        apply="checkpoint",
        gate=lambda patch: seen.append(patch) or True,
    ):
        project.write("app.py", F.format(2))
        waiting = threading.Event()
        for _ in range(6000):
            if livepatch.checkpoint():
                break
            waiting.wait(0.01)
    assert app.f() == 2
    assert len(seen) == 1


# --- patch files ------------------------------------------------------------------------------------


SHOP = "import os\n\nRATE = 1\n\n\ndef tax(x):\n    return x * RATE\n\n\ndef total(x):\n    return x + tax(x)\n"


def test_a_patch_file_makes_another_process_the_same(project, tmp_path):
    shop = project.start("shop", SHOP)
    project.write(
        "shop.py", SHOP.replace("x * RATE", "x * RATE * 2") + "\n\ndef more():\n    return 7\n"
    )
    patch = project.refresh()
    livepatch.save(patch, tmp_path / "tax.patch")
    livepatch.undo()
    assert shop.total(1) == 2
    assert not hasattr(shop, "more")
    applied = livepatch.load(tmp_path / "tax.patch")
    assert applied.number
    assert applied.kind is livepatch.PatchKind.STRING
    assert (shop.total(1), shop.more()) == (3, 7)


def test_a_patch_file_fits_where_only_other_definitions_differ(project, tmp_path):
    shop = project.start("shop", SHOP)
    project.write("shop.py", SHOP.replace("x * RATE", "x * RATE * 2"))
    livepatch.save(project.refresh(), tmp_path / "tax.patch")
    livepatch.undo()
    project.write("shop.py", "# moved\n" + SHOP.replace("x + tax(x)", "10 * x + tax(x)"))
    project.refresh()
    assert livepatch.load(tmp_path / "tax.patch").ok
    assert shop.total(1) == 12


def test_a_patch_file_is_refused_whole_where_its_code_differs(project, tmp_path):
    shop = project.start("shop", SHOP)
    project.write(
        "shop.py", SHOP.replace("x * RATE", "x * RATE * 2").replace("x + tax", "2 * x + tax")
    )
    livepatch.save(project.refresh(), tmp_path / "tax.patch")
    livepatch.undo()
    project.write("shop.py", SHOP.replace("x * RATE", "x * RATE * 9"))
    project.refresh()
    refused = livepatch.load(tmp_path / "tax.patch")
    assert [item.slug for item in refused.errors] == ["bundle"]
    assert "tax" in refused.errors[0].message
    assert shop.total(1) == 10


@pytest.mark.usefixtures("app")
def test_what_is_no_patch_file_is_an_error_of_the_caller(tmp_path):
    path = tmp_path / "no.patch"
    path.write_text("{}")
    with pytest.raises(UsageError):
        livepatch.load(path)
    with pytest.raises(UsageError):
        livepatch.save(livepatch.Patch(0), path)
