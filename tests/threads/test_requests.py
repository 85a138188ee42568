"""Requests of several threads, with all that they start, while one patch after the other lands."""

import asyncio
import contextvars
import random
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

import livepatch
from livepatch.patching.commits import SESSIONS

pytestmark = [pytest.mark.usefixtures("impatient"), pytest.mark.timeout(300)]
THREADS, PATCHES = 4, 120
TEXT = """
V = {n}
def f():
    return {n}
class Shop:
    limit = {n}
    def rate(self):
        return {n}
    @property
    def label(self):
        return {n}
    def steps(self):
        yield {n}
        yield f()
"""


class Site:
    """A program whose every part says the number of its version, behind a WSGI application."""

    def __init__(self, project):
        self.project = project
        self.module = project.start("shop", TEXT.format(n=0))
        self.shop = self.module.Shop()
        self.version = 0  # of the patch that was committed last
        self.served = livepatch.wsgi(lambda environ, _: environ["work"]())
        self.pool = ThreadPoolExecutor(2)

    def become(self, version):
        self.project.write("shop.py", TEXT.format(n=version))
        patch = self.project.refresh()
        assert patch.number, patch
        self.version = version

    def look(self):
        shop = self.shop
        return [self.module.f(), shop.limit, shop.rate(), shop.label, *shop.steps()]

    def ask(self, work):
        """Answer one request; `work` adds to the list that it is given all that it has seen."""
        start, seen = self.version, []

        def answer():
            seen.extend(self.look())
            return work(seen)

        rest = self.served({"work": answer}, None)
        list(rest)
        getattr(rest, "close", list)()
        return start, seen

    # what a request may do

    def look_again(self, seen):
        seen.extend(self.look())
        return []

    def stream(self, seen):
        for _ in range(2):
            seen.extend(self.look())
            yield b"a chunk"

    def start_a_thread(self, seen):
        thread = threading.Thread(target=lambda: seen.extend(self.look() + self.look()))
        thread.start()
        seen.extend(self.look())
        thread.join()
        return []

    def hand_out_a_job(self, seen):
        seen.extend(self.pool.submit(lambda: self.look() + self.look()).result())
        return []

    def run_tasks(self, seen):
        async def one():
            seen.extend(self.look())
            await asyncio.sleep(0)
            seen.extend(self.look())

        async def both():
            await asyncio.gather(one(), one())

        asyncio.run(both())
        return []

    def ask_inside(self, seen):
        self.served({"work": lambda: seen.extend(self.look()) or []}, None)
        with livepatch.session():
            seen.extend(self.look())
        seen.extend(self.look())
        return []

    def visit_later(self):
        """Have the context of a request, and what pins it, used by a thread that outlives it."""
        contexts = []
        self.ask(lambda _: [contexts.append(contextvars.copy_context())])

        def visit():
            for _ in range(2):
                self.check(*self.ask(self.look_again))

        contextvars.Context().run(self.pool.submit, contexts[0].run, visit).result()

    @staticmethod
    def check(start, seen):
        assert len(set(seen)) == 1, seen
        assert seen[0] >= start, "a session begins with the newest version"


def test_each_request_of_many_threads_is_of_one_version_that_was_the_newest(project, readers):
    site = Site(project)
    dice = random.Random(1)
    kinds = [site.look_again, site.stream, site.start_a_thread, site.hand_out_a_job,
             site.run_tasks, site.ask_inside]  # fmt: skip

    def visit():
        before = site.version
        assert site.module.f() >= before, "between two requests nobody is pinned"
        for kind in dice.sample(kinds, 2):
            site.check(*site.ask(kind))
        site.visit_later()

    group = readers(THREADS, visit)
    for version in range(1, PATCHES):
        site.become(version)
        group.wait_for(THREADS)
    group.finish()
    site.pool.shutdown()
    assert not SESSIONS.is_layered()
    assert SESSIONS.pending() == ()
    assert {*site.look(), site.module.V} == {PATCHES - 1}
