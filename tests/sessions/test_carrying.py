"""What a session starts belongs to it: tasks, threads, jobs of executors, generators, responses."""

import asyncio
import contextvars
import gc
import threading
import weakref
from concurrent.futures import ThreadPoolExecutor

import pytest

import livepatch
from livepatch.api import default_patcher
from livepatch.patching.canary import Canary
from livepatch.patching.commits import SESSIONS
from livepatch.runtime.epochs import PIN

ONE, TWO = "def f():\n    return 1\n", "def f():\n    return 2\n"


@pytest.fixture
def app(project):
    """Give the module `app`, whose `f` gives 1, and what makes it give another number."""
    module = project.start("app", ONE)

    def become(number):
        project.write("app.py", f"def f():\n    return {number}\n")
        assert project.refresh().ok

    module.become = become
    return module


def test_a_thread_is_pinned_with_the_session_that_started_it(app):
    seen = []
    with livepatch.session():
        app.become(2)
        thread = threading.Thread(target=lambda: seen.append(app.f()))
        thread.start()
        thread.join()
    assert seen == [1]
    assert "run" not in vars(thread)


def test_a_thread_with_a_run_method_of_its_own_is_pinned(app):
    class Worker(threading.Thread):
        def run(self):
            self.seen = app.f()

    with livepatch.session():
        app.become(2)
        worker = Worker()
        worker.start()
        worker.join()
    assert worker.seen == 1


def test_a_thread_goes_on_with_the_newest_version_when_its_session_ends(app):
    go, seen = threading.Event(), []

    def work():
        seen.append(app.f())
        go.wait(30)
        seen.append(app.f())

    with livepatch.session():
        app.become(2)
        thread = threading.Thread(target=work)
        thread.start()
        while not seen:
            thread.join(0.001)
    go.set()
    thread.join()
    assert seen == [1, 2]


@pytest.fixture
def within():
    """Give what runs a function in a context, in another thread."""
    with ThreadPoolExecutor(1) as pool:
        yield lambda context, call: pool.submit(context.run, call).result()


@pytest.fixture
def seen_in_the_middle(project, within):
    """Give what says which version a context sees in the middle of a patch, and after it."""
    watcher = project.start("watcher", "def look(value):\n    return value\n")
    text = """
        import watcher
        def f():
            return {n}
        class C:
            limit = {n}
        X = watcher.look(f()) + {n}
        """
    module = project.start("values", text.format(n=1))

    def version():
        seen = {module.f(), module.C.limit}
        return seen.pop() if len(seen) == 1 else seen

    def look_from(context):
        seen = []
        watcher.look = lambda value: seen.append((value, within(context, version))) or value
        project.write("values.py", text.format(n=2))
        assert project.refresh().ok
        return [*seen, within(context, version)]

    return look_from


def test_what_outlives_its_session_sees_no_half_of_a_patch(seen_in_the_middle):
    with livepatch.session():
        context = contextvars.copy_context()
    assert seen_in_the_middle(context) == [(2, 1), 2]


def test_what_a_patch_starts_sees_no_half_of_the_next_one(project, seen_in_the_middle):
    with livepatch.session():
        pass  # what a patch writes early is hidden from now on
    module = project.start("starting", "import contextvars\n")
    project.write("starting.py", "import contextvars\nHERE = contextvars.copy_context()\n")
    assert project.refresh().ok
    assert seen_in_the_middle(module.HERE) == [(2, 1), 2]


def test_what_outlives_its_session_is_no_canary(app, within):
    with livepatch.session():
        context = contextvars.copy_context()
    canary = Canary(default_patcher(), 0.5, say=lambda _: None, pick=lambda: 0.9)
    try:
        app.become(2)
        assert within(context, app.f) == 1
    finally:
        canary.stop()
    assert within(context, app.f) == 2


def test_a_job_of_an_executor_keeps_its_version_to_its_end(app):
    go = threading.Event()

    def work():
        go.wait(30)
        return app.f()

    with ThreadPoolExecutor(1) as pool:
        with livepatch.session():
            app.become(2)
            job = pool.submit(work)
        go.set()
        assert job.result() == 1
        assert pool.submit(app.f).result() == 2


def test_a_job_that_is_cancelled_holds_nothing(app):
    go = threading.Event()
    with ThreadPoolExecutor(1) as pool:
        with livepatch.session():
            app.become(2)
            first = pool.submit(go.wait, 30)
            second = pool.submit(app.f)
        assert second.cancel()
        go.set()
        first.result()
    assert not SESSIONS.is_layered()


def test_the_worker_thread_of_a_pool_is_pinned_to_nobody(app):
    with ThreadPoolExecutor(1) as pool:
        with livepatch.session():
            pool.submit(int).result()
            app.become(2)
            assert contextvars.Context().run(pool.submit, app.f).result() == 2
        assert pool.submit(app.f).result() == 2


def test_tasks_and_threads_of_asyncio_are_pinned(app):
    async def request():
        with livepatch.session():
            before = app.f()
            app.become(before + 1)
            loop = asyncio.get_running_loop()
            return [
                before,
                app.f(),
                await asyncio.create_task(later()),
                await asyncio.to_thread(app.f),
                await loop.run_in_executor(None, app.f),
            ]

    async def later():
        await asyncio.sleep(0)
        return app.f()

    async def main():
        return [await asyncio.create_task(request()), app.f()]

    assert asyncio.run(main()) == [[1] * 5, 2]


def test_two_tasks_run_two_versions_at_once(app):
    async def request(turn, other):
        async with livepatch.session() as session:
            seen = [app.f()]
            other.set()
            await turn.wait()
            return [*seen, app.f(), session.version - start]

    async def main():
        one, two = asyncio.Event(), asyncio.Event()
        first = asyncio.create_task(request(one, two))
        await two.wait()
        app.become(2)
        second = asyncio.create_task(request(asyncio.Event(), one))
        result = await first
        second.cancel()
        return result

    start = SESSIONS.epoch
    assert asyncio.run(main()) == [1, 1, 0]


def test_a_decorated_job_is_a_session_per_call(app):
    @livepatch.session
    def job():
        before = app.f()
        app.become(before + 1)
        return before, app.f()

    @livepatch.session("import")
    async def later():
        before = app.f()
        app.become(before + 1)
        return before, app.f()

    assert job() == (1, 1)
    assert job() == (2, 2)
    assert asyncio.run(later()) == (3, 3)
    assert app.f() == 4


def test_a_generator_is_a_session_from_its_first_step_to_its_last(app):
    @livepatch.session
    def steps():
        got = yield app.f()
        while got != "end":
            try:
                got = yield app.f()
            except KeyError:
                yield "caught"
        return "done"

    running = steps()
    assert next(running) == 1
    app.become(2)
    assert running.send("go") == 1
    assert app.f() == 2, "its consumer is not pinned"
    assert running.throw(KeyError()) == "caught"
    assert next(running) == 1
    with pytest.raises(StopIteration, match="done"):
        running.send("end")
    dropped = steps()
    next(dropped)
    app.become(3)
    dropped.close()


def test_a_session_inside_a_session_joins_it(app):
    with livepatch.session() as outer:
        app.become(2)
        with livepatch.session() as inner:
            assert inner.version == outer.version
            assert app.f() == 1
        assert app.f() == 1


def test_a_session_that_never_ends_is_shown_and_can_be_retired(app):
    with livepatch.session("upload") as session:
        assert livepatch.pending() == ()
        app.become(2)
        [shown] = livepatch.pending()
        assert (shown.name, shown.version, shown.thread) == (
            "upload",
            session.version,
            "MainThread",
        )
        assert livepatch.retire(session.version) == 1
        assert app.f() == 1
        assert livepatch.retire(session.version, force=True) == 1
        assert livepatch.pending() == ()
        assert app.f() == 2
        assert session.is_over
        assert not SESSIONS.is_layered()
    assert livepatch.retire(session.version) == 0


def test_a_session_that_raises_ends_too(app):
    with pytest.raises(KeyError), livepatch.session():  # noqa: PT012
        app.become(2)
        raise KeyError
    assert app.f() == 2


def test_nothing_of_an_old_version_is_kept_when_its_last_session_is_over(app):
    code = weakref.ref(app.f.__code__)
    with livepatch.session():
        for number in range(2, 40):  # more patches than can be undone
            app.become(number)
            assert app.f() == 1
        assert code() is not None
    gc.collect()
    assert code() is None


def environ():
    return {"REQUEST_METHOD": "GET", "PATH_INFO": "/"}


def test_a_response_of_wsgi_is_one_version_to_its_last_byte(app):
    closed = []

    class Chunks:
        def __iter__(self):
            return iter([b"%d" % app.f()])

        def close(self):
            closed.append(app.f())

    def application(environ, start_response):
        def stream():
            yield b"%d" % app.f()
            yield b"%d" % app.f()

        start_response("200 OK", [])
        return {"/": stream, "/list": lambda: [b"%d" % app.f()], "/chunks": Chunks}[
            environ["PATH_INFO"]
        ]()

    served = livepatch.wsgi(application)
    response = served(environ(), lambda *_: None)
    app.become(2)
    chunks = iter(response)
    assert next(chunks) == b"1"
    assert served({"PATH_INFO": "/list"}, lambda *_: None) == [b"2"]
    assert next(chunks) == b"1"
    assert app.f() == 2
    response.close()
    response.close()
    assert not SESSIONS.is_layered()
    response = served({"PATH_INFO": "/chunks"}, lambda *_: None)
    app.become(3)
    assert list(response) == [b"2"]
    response.close()
    assert closed == [2]
    forgotten = served(environ(), lambda *_: None)
    app.become(4)
    del forgotten
    gc.collect()
    assert not SESSIONS.is_layered()


def test_a_response_of_flask_ends_its_session_at_once_where_its_body_is_complete(app):
    flask = pytest.importorskip("flask")
    from werkzeug.test import EnvironBuilder

    site = flask.Flask("site")
    closed = []

    class Encoded(flask.Response):
        def iter_encoded(self):
            yield b"%d" % app.f()

    @site.get("/<kind>")
    def answer(kind):
        if kind == "streamed":
            return flask.Response(str(app.f()) for _ in range(2))
        if kind == "encoded":
            return Encoded()
        response = flask.Response(str(app.f()))
        if kind == "closing":
            response.call_on_close(lambda: closed.append(app.f()))
        return response

    served = livepatch.wsgi(site.wsgi_app)

    def get(kind, method="GET"):
        asked = {**EnvironBuilder(f"/{kind}").get_environ(), "REQUEST_METHOD": method}
        return served(asked, lambda *_: None)

    for kind, method, is_complete in [
        ("whole", "GET", True),
        ("whole", "HEAD", False),
        ("streamed", "GET", False),
        ("encoded", "GET", False),
        ("closing", "GET", False),
    ]:
        before = app.f()
        response = get(kind, method)
        app.become(before + 1)
        assert SESSIONS.is_layered() is not is_complete, kind
        chunks = b"".join(response)
        assert set(chunks) <= set(b"%d" % before), kind
        response.close()
        assert app.f() == before + 1
        assert not SESSIONS.is_layered()
    assert closed == [5]


def test_a_server_may_take_the_chunks_in_any_way_and_is_pinned_by_none(app):
    def application(*_):
        yield b"%d" % app.f()
        yield b"%d" % app.f()
        raise KeyError(app.f())

    ended = []
    forget = SESSIONS.on_end(ended.append)
    try:
        response = livepatch.wsgi(application)(environ(), lambda *_: None)
        app.become(2)
        assert next(response) == b"1"
        assert app.f() == 2
        assert next(iter(response)) == b"1"
        with pytest.raises(KeyError, match="1"):
            next(response)
        assert app.f() == 2
        assert list(response) == []
        response.close()
        assert list(response) == []
    finally:
        forget()
    assert [session.failed for session in ended] == [True]
    assert not SESSIONS.is_layered()


def test_a_request_and_a_session_inside_each_other_are_one(app):
    def application(*_):
        with livepatch.session():
            app.become(app.f() + 1)
            yield b"%d" % app.f()

    served = livepatch.wsgi(application)
    assert list(served(environ(), lambda *_: None)) == [b"1"]
    assert app.f() == 2
    with livepatch.session():
        response = served(environ(), lambda *_: None)
        assert list(response) == [b"2"]
        assert SESSIONS.is_layered()
    assert app.f() == 3


def test_a_request_that_raises_ends_its_session(app):
    def application(*_):
        app.become(2)
        raise KeyError(app.f())

    with pytest.raises(KeyError, match="1"):
        livepatch.wsgi(application)(environ(), lambda *_: None)
    assert app.f() == 2
    assert not SESSIONS.is_layered()


def test_connections_of_asgi_are_sessions_and_the_lifespan_is_none(app):
    async def application(scope, _, send):
        await send({"type": scope["type"], "pinned": PIN.get() is not start, "seen": app.f()})
        app.become(app.f() + 1)
        await send({"seen": app.f()})

    start = PIN.get()

    async def connect(kind, **options):
        sent = []

        async def send(message):
            sent.append(message["seen"])

        await livepatch.asgi(application, **options)({"type": kind}, None, send)
        return sent

    async def main():
        return [
            await connect("http"),
            await connect("websocket"),
            await connect("websocket", websockets=False),
            await connect("lifespan"),
        ]

    assert asyncio.run(main()) == [[1, 1], [2, 2], [3, 4], [4, 5]]


def test_a_task_that_answers_several_requests_is_pinned_to_none_of_them_between(app):
    go = threading.Event()

    async def application(scope, _, __):
        scope["job"] = pool.submit(lambda: (app.f(), go.wait(30), app.f()))

    async def main():
        served, scope = livepatch.asgi(application), {"type": "http"}
        await served(scope, None, None)
        app.become(2)
        between = app.f()
        go.set()
        job = scope["job"].result(30)
        with livepatch.session():
            await served(scope, None, None)
            app.become(3)
            inside = app.f()
        return between, job, inside, app.f()

    with ThreadPoolExecutor(1) as pool:
        assert asyncio.run(main()) == (2, (1, True, 1), 2, 3)


def test_a_connection_of_asgi_inside_a_request_of_wsgi_runs_its_version(app):
    seen = []

    async def inner(_, __, ___):
        seen.append(app.f())
        app.become(app.f() + 1)
        seen.append(app.f())

    def answer(_, __):
        seen.append(app.f())
        app.become(app.f() + 1)
        asked = livepatch.asgi(inner)({"type": "http"}, None, None)
        with pytest.raises(StopIteration):
            asked.send(None)
        seen.append(app.f())
        return []

    served = livepatch.wsgi(answer)
    for _ in range(3):  # the thread has its seat from the second one on
        served({}, None)
        assert len(seen) == 4
        assert len(set(seen)) == 1, seen
        seen.clear()
