"""How far a patch has come: who still runs old code, and what nobody has called yet."""

import asyncio
import threading

import pytest

from livepatch import interp

TEXT = """
def work(begun, go_on):
    begun.set()
    go_on.wait(60)
    return "old"


def steps():
    yield "old"
    yield "old"


async def serve(go_on):
    await go_on
    return "old"
"""


def kinds(patch):
    return sorted(
        (item.kind, item.qualname) for item in patch.pending() if item.kind != "not-called"
    )


def edit(project):
    project.write("app.py", TEXT.replace('"old"', '"new"'))
    return project.refresh()


def test_a_frame_on_old_code_is_pending_until_it_ends(project):
    app = project.start("app", TEXT)
    begun, go_on = threading.Event(), threading.Event()
    thread = threading.Thread(target=app.work, args=(begun, go_on), name="worker")
    thread.start()
    assert begun.wait(60)
    patch = edit(project)
    (item,) = [item for item in patch.pending() if item.kind == "frame"]
    assert (item.qualname, item.line, item.where) == ("work", 4, "worker")
    assert not patch.wait(timeout=0)
    go_on.set()
    assert patch.wait(timeout=60)
    thread.join(60)
    assert kinds(patch) == []


def test_a_suspended_generator_and_coroutine_are_pending(project):
    app = project.start("app", TEXT)
    loop = asyncio.new_event_loop()
    future = loop.create_future()
    running, waiting = app.steps(), app.serve(future)
    next(running)
    waiting.send(None)
    patch = edit(project)
    assert kinds(patch) == [("suspended", "serve"), ("suspended", "steps")]
    assert list(running) == ["old"]
    waiting.close()
    loop.close()
    assert patch.wait(timeout=60)


KNOWS_RUNS = interp.trace_of_runs((lambda: 0).__code__) is not None


@pytest.mark.skipif(not KNOWS_RUNS, reason="code keeps no trace of its first run before 3.13")
def test_new_code_is_pending_until_somebody_calls_it(project):
    app = project.start("app", TEXT)
    patch = edit(project)
    assert ("not-called", "steps") in {(i.kind, i.qualname) for i in patch.pending()}
    assert list(app.steps()) == ["new", "new"]
    assert ("not-called", "steps") not in {(i.kind, i.qualname) for i in patch.pending()}


def test_a_patch_that_changed_nothing_waits_for_nothing(project):
    project.start("app", TEXT)
    patch = project.refresh()
    assert patch.pending() == ()
    assert patch.wait(timeout=0)
