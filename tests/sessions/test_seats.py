"""A thread that answers one request after the other: each is a session, whatever came before it."""

import contextvars
import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import livepatch
from livepatch.api import default_patcher
from livepatch.patching.canary import Canary
from livepatch.patching.commits import SESSIONS
from livepatch.patching.pinned import Seat

LONG = 30


@pytest.fixture
def app(project):
    """Give the module `app`, whose `f` gives 1, and what makes it give another number."""
    module = project.start("app", "def f():\n    return 1\n")

    def become(number):
        project.write("app.py", f"def f():\n    return {number}\n")
        assert project.refresh().ok

    module.become = become
    return module


class Server:
    """One thread that answers requests; a request is a function, and its response a list."""

    def __init__(self):
        self.pool = ThreadPoolExecutor(1)
        self.served = livepatch.wsgi(lambda environ, _: environ["work"]())
        self.start(lambda: [b"the first"]).result(LONG)
        self.start(lambda: [b"the second"]).result(LONG)

    def start(self, work):
        ask = contextvars.Context().run
        return ask(self.pool.submit, self.served, {"work": work}, None)

    def ask(self, work):
        return self.start(work).result(LONG)

    def elsewhere(self, work):
        """Run `work` in the thread, between two requests."""
        return contextvars.Context().run(self.pool.submit, work).result(LONG)


@pytest.fixture
def server():
    server = Server()
    yield server
    server.pool.shutdown()


class Paused:
    """Work that stops in the middle of a request until it is told to go on."""

    def __init__(self, *parts):
        self.parts, self.arrived, self.go_on = parts, threading.Event(), threading.Event()

    def __call__(self):
        first, rest = self.parts
        seen = [first()]
        self.arrived.set()
        assert self.go_on.wait(LONG)
        return [*seen, rest()]


def start(server, *parts):
    paused = Paused(*parts)
    answer = server.start(paused)
    assert paused.arrived.wait(LONG)
    return paused, answer


def test_each_request_of_a_thread_runs_one_version_and_the_next_one_the_newest(app, server):
    for number in range(1, 6):
        paused, answer = start(server, app.f, app.f)
        app.become(number + 1)
        assert app.f() == number + 1
        paused.go_on.set()
        assert answer.result(LONG) == [number, number]
        assert not SESSIONS.is_layered()
        assert server.ask(lambda: [app.f()]) == [number + 1]


def test_a_request_outlasts_several_patches_and_an_undo(app, server):
    paused, answer = start(server, app.f, app.f)
    app.become(2)
    app.become(3)
    livepatch.undo()
    assert app.f() == 2
    (pending,) = livepatch.pending()
    assert pending.name == "request"
    assert pending.thread.startswith("ThreadPoolExecutor")
    paused.go_on.set()
    assert answer.result(LONG) == [1, 1]


def test_between_two_requests_a_thread_is_pinned_to_nothing(app, server):
    paused, answer = start(server, app.f, app.f)
    app.become(2)
    paused.go_on.set()
    assert answer.result(LONG) == [1, 1]
    assert server.elsewhere(app.f) == 2
    assert server.ask(lambda: [app.f()]) == [2]
    with livepatch.session():
        app.become(3)
        assert server.elsewhere(app.f) == 3
        assert app.f() == 2


def test_a_request_that_raises_ends_its_session_as_others_do(app, server):
    def fail():
        app.become(2)
        raise KeyError(app.f())

    with pytest.raises(KeyError, match="1"):
        server.ask(fail)
    assert not SESSIONS.is_layered()
    with pytest.raises(ZeroDivisionError):
        server.ask(lambda: 1 / 0)
    assert server.ask(lambda: [app.f()]) == [2]


def test_a_request_that_is_interrupted_before_it_has_begun_holds_nobody_up(app, monkeypatch):
    interrupts = []

    def clock():
        if interrupts:
            raise interrupts.pop()
        return 1.0

    monkeypatch.setattr(SESSIONS, "clock", clock)

    def visit():
        served = livepatch.wsgi(lambda *_: [app.f()])
        assert served({}, None) == [1]
        assert served({}, None) == [1]
        interrupts.append(KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            served({}, None)
        app.become(2)
        assert served({}, None) == [2]
        assert not SESSIONS.is_layered()
        assert served({}, None) == [2]

    contextvars.Context().run(visit)


def test_what_is_left_of_a_response_keeps_its_session_and_the_thread_answers_others(
    app, server
):
    def stream():
        yield app.f()
        yield app.f()

    response = server.ask(stream)
    assert next(response) == 1
    app.become(2)
    assert server.ask(lambda: [app.f()]) == [2]
    app.become(3)
    assert next(response) == 1
    assert SESSIONS.is_layered()
    response.close()
    assert not SESSIONS.is_layered()


def test_a_thread_that_a_request_starts_belongs_to_that_request(app, server):
    go_on, seen, threads = threading.Event(), [], []

    def work():
        seen.append(app.f())
        assert go_on.wait(LONG)
        seen.append(app.f())

    def begin():
        thread = threading.Thread(target=work)
        threads.append(thread)
        thread.start()
        app.become(2)
        return [app.f()]

    assert server.ask(begin) == [1]
    paused, answer = start(server, app.f, app.f)
    app.become(3)
    go_on.set()
    threads[0].join(LONG)
    assert seen == [1, 3]  # its own request is over, and the next one is none of its business
    paused.go_on.set()
    assert answer.result(LONG) == [2, 2]


def test_a_job_that_a_request_hands_to_a_pool_keeps_its_version_to_the_end(app, server):
    go_on, jobs = threading.Event(), []
    with ThreadPoolExecutor(1) as pool:

        def job():
            assert go_on.wait(LONG)
            return app.f()

        def begin():
            jobs.append(pool.submit(job))
            return [app.f()]

        assert server.ask(begin) == [1]
        app.become(2)
        assert server.ask(lambda: [app.f()]) == [2]
        go_on.set()
        assert jobs[0].result(LONG) == 1


def test_a_session_in_a_context_of_an_earlier_request_is_one_of_its_own(app, server):
    contexts = []
    server.ask(lambda: [contexts.append(contextvars.copy_context())])
    paused, answer = start(server, app.f, app.f)

    def visit():
        with livepatch.session():
            seen = [app.f()]
            paused.go_on.set()
            assert answer.result(LONG) == [1, 1]
            server.ask(lambda: [app.become(3)])
            return [*seen, app.f()]

    app.become(2)
    first, second = contexts[0].run(visit)
    assert first == second


def test_a_request_in_a_context_of_an_earlier_one_is_none_of_that_threads_business(app, server):
    contexts = []
    server.ask(lambda: [contexts.append(contextvars.copy_context())])
    paused, answers = Paused(app.f, app.f), []

    def visit():
        answers.append(server.served({"work": paused}, None))

    visitor = threading.Thread(target=contexts[0].run, args=(visit,))
    visitor.start()
    assert paused.arrived.wait(LONG)
    app.become(2)
    assert server.ask(lambda: [app.f()]) == [2]
    assert server.elsewhere(app.f) == 2
    paused.go_on.set()
    visitor.join(LONG)
    assert answers == [[1, 1]]


def test_a_request_inside_a_request_runs_its_version(app, server):
    def nested():
        seen = [app.f()]
        app.become(2)
        return [*seen, *server.served({"work": lambda: [app.f()]}, None), app.f()]

    assert server.ask(nested) == [1, 1, 1]
    assert app.f() == 2


def test_a_session_inside_a_request_runs_its_version(app, server):
    def nested():
        app.become(app.f() + 1)
        with livepatch.session() as session:
            held = session.hold()
            seen = [app.f()]
        app.become(seen[0] + 5)
        seen.append(app.f())
        session.release()
        return [held, *seen]

    assert server.ask(nested) == [True, 1, 1]
    assert app.f() == 6


def test_a_canary_is_not_seen_between_the_requests_of_a_thread(app, server):
    canary = Canary(default_patcher(), 0.5, say=lambda _: None, pick=lambda: 0.9)
    try:
        assert server.ask(lambda: [app.f()]) == [1]
        app.become(2)
        assert server.elsewhere(app.f) == 1
        assert server.ask(lambda: [app.f()]) == [1]
    finally:
        canary.stop()
    assert server.elsewhere(app.f) == 2
    assert server.ask(lambda: [app.f()]) == [2]


def test_the_end_of_every_request_is_told_of_once(app, server):
    ended = []
    forget = SESSIONS.on_end(lambda session: ended.append(session.failed))
    server.ask(lambda: [app.f()])
    with pytest.raises(ZeroDivisionError):
        server.ask(lambda: 1 / 0)
    forget()
    server.ask(lambda: [app.f()])
    paused, answer = start(server, app.f, app.f)
    forget = SESSIONS.on_end(lambda session: ended.append(session.name))
    paused.go_on.set()
    answer.result(LONG)
    forget()
    assert ended == [False, True, "request"]


def test_retiring_a_version_ends_the_privilege_of_a_request(app, server):
    paused, answer = start(server, app.f, app.f)
    app.become(2)
    (pending,) = livepatch.pending()
    assert livepatch.retire(pending.version) == 1
    assert livepatch.retire(pending.version, force=True) == 1
    assert not SESSIONS.is_layered()
    paused.go_on.set()
    assert answer.result(LONG) == [1, 2]
    assert server.ask(lambda: [app.f()]) == [2]


def test_a_file_that_makes_values_is_not_seen_half_patched_between_requests(project, server):
    text = "import watcher\nX = {n}\nwatcher.look()\ndef f():\n    return {n}\n"
    watcher = project.start("watcher", "def look():\n    pass\n")
    module = project.start("values", text.format(n=1))
    seen = []

    def look():
        seen.append(server.elsewhere(module.f))

    watcher.look = look
    project.write("values.py", text.format(n=2).replace("look()", "look(*[])"))
    assert project.refresh().ok
    assert seen == [1]
    assert server.elsewhere(module.f) == 2


def test_a_thread_that_ends_leaves_nothing_behind(app):
    def count():
        gc.collect()
        return sum(type(item) is Seat for item in gc.get_objects())

    before = count()
    for _ in range(5):
        server = Server()
        paused, answer = start(server, app.f, app.f)
        app.become(app.f() + 1)
        paused.go_on.set()
        answer.result(LONG)
        server.pool.shutdown()
        del server, paused, answer
    assert count() == before
