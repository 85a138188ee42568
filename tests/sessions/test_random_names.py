"""Random patches, sessions and undos: what each session reads, and what all is like afterwards."""

import contextvars
import itertools

import hypothesis
from hypothesis import strategies as st

import livepatch
from livepatch.patching.sessions import SESSIONS

TEXT = """
RATE = {0}
LIMIT = {1}


class Shop:
    def rate(self):
        return RATE

    @property
    def both(self):
        return (lambda: (RATE, [LIMIT for _ in "x"][0]))()


def read():
    return RATE, sum(LIMIT for _ in "x"), {2}


def make():
    def made():
        return RATE, LIMIT, {2}

    return made


def make_class():
    class Made:
        limit = LIMIT

        def rate(self):
            return RATE, {2}

    return Made


def walk():
    while True:
        yield RATE, LIMIT
"""
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), st.integers(1, 7)),
        st.tuples(st.just("undo"), st.just(0)),
        st.tuples(st.sampled_from(["open", "close", "make", "retire"]), st.integers(0, 2)),
    ),
    min_size=3,
    max_size=14,
)

NUMBERS = itertools.count()  # each example has a module of its own


class Visitor:
    """Has a context of its own, and a session in it by turns."""

    def __init__(self):
        self.context, self.session, self.version = contextvars.Context(), None, None
        self.made = []

    def open(self, version):
        if self.session is None:
            self.session, self.version = livepatch.session(), version
            self.context.run(self.session.__enter__)

    def close(self):
        if self.session is not None:
            self.context.run(self.session.__exit__, None, None, None)
            self.session, self.version = None, None
            self.made.clear()


def seen(module):
    """Give what a caller reads, in one way after the other."""
    shop = module.Shop()
    rate, limit, text = module.read()
    assert shop.rate() == rate
    assert shop.both == (rate, limit)
    assert module.make()() == (rate, limit, text)
    made = module.make_class()
    assert (made.limit, *made().rate()) == (limit, rate, text)
    assert next(module.walk()) == (rate, limit)
    return rate, limit, text


class Run:
    """One program that is patched, and who visits it."""

    def __init__(self, project):
        self.project, self.name = project, f"names{next(NUMBERS)}"
        self.module = project.start(self.name, TEXT.format(0, 0, 0))
        self.versions, self.count = [(0, 0, 0)], 0
        self.visitors = [Visitor() for _ in range(3)]
        self.functions, self.instances, self.walks = [], [], []

    def edit(self, which):
        self.count += 1
        now = self.versions[-1]
        self.versions.append(
            tuple(self.count if which >> at & 1 else now[at] for at in range(3))
        )
        self.project.write(f"{self.name}.py", TEXT.format(*self.versions[-1]))
        assert self.project.refresh().ok

    def undo(self, _):
        if len(self.versions) > 1:
            assert livepatch.undo().ok
            self.versions.pop()

    def open(self, which):
        self.visitors[which].open(self.versions[-1])

    def close(self, which):
        self.visitors[which].close()

    def retire(self, which):
        if self.visitors[which].session is None:
            return
        livepatch.retire(self.visitors[which].session.version, force=True)
        for visitor in self.visitors:
            if visitor.session is not None and visitor.session.is_over:
                visitor.version = None
                visitor.made.clear()  # they are new when no session needs them any more

    def make(self, which):
        visitor, module = self.visitors[which], self.module
        visitor.made.append(visitor.context.run(module.make))
        self.functions.append(visitor.made[-1])
        self.instances.append(visitor.context.run(module.make_class)())
        self.walks.append(visitor.context.run(module.walk))

    def look(self):
        for visitor in self.visitors:
            if visitor.session is not None:
                expected = visitor.version or self.versions[-1]
                assert visitor.context.run(seen, self.module) == expected
                made = [visitor.context.run(made) for made in visitor.made]
                assert made == [expected] * len(made)
        assert seen(self.module) == self.versions[-1]
        for walk in self.walks:
            next(walk)  # in the middle of a call: of whichever version it may be, it goes on

    def end(self):
        for visitor in self.visitors:
            visitor.close()

    def look_afterwards(self):
        assert not SESSIONS.is_layered()
        assert [name for name in vars(self.module) if "@" in name] == []
        assert seen(self.module) == self.versions[-1]
        rate, limit, text = self.versions[-1]
        assert {made() for made in self.functions} <= {(rate, limit, text)}
        assert {made.rate() for made in self.instances} <= {(rate, text)}
        assert {next(walk) for walk in self.walks} <= {(rate, limit)}


@hypothesis.settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(STEPS)
def test_random_patches_sessions_and_undos(project, steps):
    program = Run(project)
    try:
        for what, which in steps:
            getattr(program, what)(which)
            program.look()
    finally:
        program.end()
    program.look_afterwards()
