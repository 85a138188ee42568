"""Every moment of a commit, and every moment in which a session opens or ends, one after the other.

A thread is stopped at one bytecode of livepatch's own code after the other (or at every second or
fifth: what could go wrong is open for more), and another thread does the opposite meanwhile: no
luck is needed to meet the moment in which it would go wrong.
"""

import contextvars
import itertools
import sys
import threading

import pytest

import livepatch
from livepatch.ext import wsgi
from livepatch.patching import commits, pinned, pins

pytestmark = pytest.mark.timeout(300)  # there are hundreds of moments, and each takes a patch
FILES = {commits.__file__, pins.__file__, pinned.__file__, wsgi.__file__}
SESSIONS_ONLY = {"open", "open_in_turn", "hold", "release", "_was_last", "after_end"}
SEATS_ONLY = {"answer", "_leave", "leave_seat", "give_back", "_in_turn", "make_seat"}
LONG = 30
A_WHILE = 0.02  # for a session to open, unless it has to wait for the commit
TEXT = """
def f():
    return {n}
def g():
    return {n}
class Shop:
    limit = {n}
    def rate(self):
        return {n}
"""


class Stopped(threading.Thread):
    """Runs `work`, and stops before bytecode number `stop` of the code that pins and commits.

    With `names`, of the functions of these names alone. What `prepare` runs is run before: the
    bytecodes of a function are told of from its second call on.
    """

    def __init__(self, work, prepare, stop, names=()):
        super().__init__()
        self.work, self.prepare, self.stop, self.names = work, prepare, stop, names
        self.is_counting = False
        self.arrived, self.go_on = threading.Event(), threading.Event()
        self.is_stopped, self.error = False, None
        self.start()
        assert self.arrived.wait(LONG)

    def run(self):
        sys._getframe().f_trace_opcodes = True  # 3.12 asks when tracing begins
        sys.settrace(self.enter)
        try:
            self.prepare()
            self.is_counting = True
            self.work()
        except BaseException as error:  # noqa: BLE001  raised again by `finish`
            self.error = error
        finally:
            sys.settrace(None)
            self.arrived.set()

    def enter(self, frame, _event, _arg):
        code = frame.f_code
        if code.co_filename not in FILES or (self.names and code.co_name not in self.names):
            return None
        frame.f_trace_opcodes = True
        return self.step

    def step(self, _frame, event, _arg):
        if event == "opcode" and self.is_counting:
            self.stop -= 1
            if self.stop == 0:
                self.is_stopped = True
                self.arrived.set()
                self.go_on.wait(LONG)
        return self.step

    def finish(self):
        self.go_on.set()
        self.join(LONG)
        if self.error is not None:
            raise self.error


class Shop:
    """A program whose every part says the number of its version; `become` patches it."""

    def __init__(self, project):
        self.project = project
        self.module = project.start("shop", TEXT.format(n=0))
        self.shop = self.module.Shop()
        self.version, self.outer = 0, None
        self.turn = (
            threading.Lock()
        )  # two patches that write the file at once would meet half of it

    def become_next(self):
        with self.turn:
            self.version += 1
            self.project.write("shop.py", TEXT.format(n=self.version))
            patch = self.project.refresh()
            assert patch.number, patch

    def start_patch(self):
        thread = threading.Thread(target=self.become_next)
        thread.start()
        return thread

    def first(self):
        return [self.module.f(), self.shop.limit]

    def rest(self):
        return [self.module.g(), self.shop.rate()]


@pytest.fixture
def shop(project):
    return Shop(project)


def patched_in_each_moment(shop, visit, prepare, names, check):
    """Run `visit`, stopped at one bytecode after the other for a patch; give how many there are."""
    for stop in itertools.count(1):
        visiting = Stopped(visit, prepare, stop, names)
        shop.outer = patching = shop.start_patch()
        patching.join(A_WHILE)
        visiting.finish()
        patching.join(LONG)
        assert not commits.SESSIONS.is_layered()
        assert {*shop.first(), *shop.rest()} == {shop.version}
        check()
        if not visiting.is_stopped:
            break
    return stop


class Visitor(threading.Thread):
    """A session that calls one half of the program at once, and the other when it is told to."""

    def __init__(self, shop):
        super().__init__()
        self.shop, self.seen = shop, []
        self.has_begun, self.go_on = threading.Event(), threading.Event()
        self.start()

    def run(self):
        with livepatch.session():
            self.seen += self.shop.first()
            self.has_begun.set()
            self.go_on.wait(LONG)
            self.seen += [*self.shop.rest(), *self.shop.first()]

    def finish(self):
        self.go_on.set()
        self.join(LONG)
        assert len(self.seen) == 6
        assert len(set(self.seen)) == 1, self.seen


class Seated(Visitor):
    """The same in a request, of a thread that has answered one before; each begins when told."""

    def __init__(self, shop):
        self.may_begin, self.is_ready = threading.Event(), threading.Event()
        super().__init__(shop)
        assert self.is_ready.wait(LONG)

    def run(self):
        served = livepatch.wsgi(lambda environ, _: environ["work"]())
        served({"work": lambda: [b"the first"]}, None)
        served({"work": lambda: [b"the second"]}, None)
        self.is_ready.set()
        assert self.may_begin.wait(LONG)
        served({"work": self.visit}, None)

    def visit(self):
        self.seen += self.shop.first()
        self.has_begun.set()
        self.go_on.wait(LONG)
        self.seen += [*self.shop.rest(), *self.shop.first()]
        return [b"done"]


def test_a_request_that_takes_its_seat_in_any_moment_of_a_commit_is_of_one_version(shop):
    livepatch.session().__enter__().__exit__(None, None, None)
    for stop in itertools.count(1, 2):
        visitor = Seated(shop)
        committing = Stopped(shop.become_next, shop.become_next, stop)
        visitor.may_begin.set()
        visitor.has_begun.wait(A_WHILE)
        committing.finish()
        assert visitor.has_begun.wait(LONG)
        visitor.finish()
        assert not commits.SESSIONS.is_layered()
        assert {*shop.first(), *shop.rest()} == {shop.version}
        if not committing.is_stopped:
            break
    assert stop > 100


def test_a_patch_in_any_moment_of_taking_and_leaving_a_seat_leaves_a_request_one_version(shop):
    seen = []
    served = livepatch.wsgi(lambda environ, _: environ["work"]())

    def prepare():
        for _ in range(3):
            served({"work": lambda: [b"one before"]}, None)

    def work():
        seen.extend(shop.first())
        contextvars.Context().run(shop.start_patch).join(LONG)
        seen.extend([*shop.rest(), *shop.first()])
        return [b"done"]

    def visit():
        served({"work": work}, None)
        after = [*shop.first(), *shop.rest()]  # by a thread that is pinned to nothing now
        assert len(set(after)) == 1 or shop.outer.is_alive(), after
        served({"work": lambda: [seen.append(-1)]}, None)

    def check():
        assert len(seen) == 7, seen
        assert len(set(seen)) == 2, seen
        seen.clear()

    assert patched_in_each_moment(shop, visit, prepare, SEATS_ONLY, check) > 50


@pytest.mark.parametrize(("is_layered", "every"), [(False, 2), (True, 5)])
def test_a_session_that_opens_in_any_moment_of_a_commit_is_of_one_version(
    shop, is_layered, every
):
    livepatch.session().__enter__().__exit__(None, None, None)  # the first one prepares
    for stop in itertools.count(1, every):
        before = Visitor(shop) if is_layered else None
        if before is not None:
            assert before.has_begun.wait(LONG)
        committing = Stopped(shop.become_next, shop.become_next, stop)
        visitor = Visitor(shop)
        visitor.has_begun.wait(A_WHILE)
        committing.finish()
        assert visitor.has_begun.wait(LONG)
        visitor.finish()
        if before is not None:
            before.finish()
        assert not commits.SESSIONS.is_layered()
        assert {*shop.first(), *shop.rest()} == {shop.version}
        if not committing.is_stopped:
            break
    assert stop > 100


@pytest.mark.parametrize("is_held", [False, True])
def test_a_patch_in_any_moment_of_opening_and_ending_leaves_a_session_one_version(
    shop, is_held
):
    seen = []

    def prepare():
        with livepatch.session() as session:
            session.hold()
        session.release()

    def visit():
        with livepatch.session() as session:
            held = is_held and session.hold()
            seen.extend(shop.first())
            shop.start_patch().join(LONG)
            seen.extend([*shop.rest(), *shop.first()])
        if held:
            seen.extend(shop.first() if session.is_over else ())
            session.release()

    def check():
        assert len(seen) == 6, seen
        assert len(set(seen)) == 1, seen
        seen.clear()

    assert patched_in_each_moment(shop, visit, prepare, SESSIONS_ONLY, check) > 20
