"""Random edits of a function inside another: live closures are what new ones would be."""

import contextvars
import itertools

import hypothesis
from hypothesis import strategies as st

import livepatch
from livepatch.patching.sessions import SESSIONS

TEXT = """
    def make(a=10, b=20, c=30):
        def inner({parameters}):
            {docstring!r}
            return ({result},)

        return inner
    """
NUMBERS = itertools.count()  # each example has a module of its own
VALUES = st.integers(0, 2)


@st.composite
def texts(draw):
    """Give a text whose inner function differs in anything from that of another."""
    names = draw(st.lists(st.sampled_from("xyz"), unique=True, max_size=3))
    defaults = [f"{name}={draw(VALUES)}" for name in sorted(names)]
    keywords = draw(st.integers(0, len(defaults)))
    positional, keyword = defaults[keywords:], defaults[:keywords]
    parameters = ", ".join([*positional, *(["*", *keyword] if keyword else [])])
    captured = draw(st.sets(st.sampled_from("abc")))
    result = ", ".join([str(draw(VALUES)), *sorted(names), *sorted(captured)])
    docstring = draw(st.sampled_from(["One.", "Two."]))
    return TEXT.format(parameters=parameters, docstring=docstring, result=result)


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("edit"), texts()),
        st.tuples(st.just("edit"), texts()),
        st.tuples(st.sampled_from(["undo", "redo"]), st.integers(1, 3)),
        st.tuples(st.sampled_from(["open", "close", "make", "make"]), st.integers(0, 2)),
    ),
    min_size=3,
    max_size=14,
)


def fresh(module):
    """Give what a closure gives that is made and called now."""
    return module.make()()


def shown(function):
    """Give what a caller can tell of a function."""
    return function(), function.__doc__, function.__defaults__, function.__kwdefaults__


class Run:
    """One program that is edited; two visitors may have sessions, the last one never has."""

    def __init__(self, project, text):
        self.project, self.name = project, f"closures{next(NUMBERS)}"
        self.module = project.start(self.name, text)
        self.contexts = [contextvars.Context() for _ in range(3)]
        self.sessions = {}  # by the number of the visitor: its session, and what calls give in it
        self.made, self.made_outside, self.made_in = [], [], {}
        self.done = self.undone = 0

    def edit(self, text):
        self.project.write(f"{self.name}.py", text)
        patch = self.project.refresh()
        assert patch.ok
        if patch.number:
            self.done, self.undone = self.done + 1, 0

    def undo(self, n):
        n = min(n, self.done)
        assert livepatch.undo(n).ok
        self.done, self.undone = self.done - n, self.undone + n

    def redo(self, n):
        n = min(n, self.undone)
        assert livepatch.redo(n).ok
        self.done, self.undone = self.done + n, self.undone - n

    def open(self, which):
        if which < 2 and which not in self.sessions:
            session = livepatch.session()
            self.contexts[which].run(session.__enter__)
            self.sessions[which] = session, self.fresh(which)
            alone = len(self.sessions) == 1  # else some may be of an old session
            self.made_in[which] = list(self.made) if alone else []

    def close(self, which):
        if which in self.sessions:
            session, _ = self.sessions.pop(which)
            self.contexts[which].run(session.__exit__, None, None, None)

    def make(self, which):
        """Have a visitor make a closure: what an old session makes is new when all are over."""
        made = self.contexts[which].run(self.module.make)
        if which in self.sessions:
            self.made_in[which].append(made)
        else:
            self.made_outside.append(made)
        self.made.append(made)

    def fresh(self, which):
        return self.contexts[which].run(fresh, self.module)

    def look(self):
        for which, context in enumerate(self.contexts):
            expected, known = self.fresh(2), self.made_outside
            if which in self.sessions:
                expected, known = self.sessions[which][1], self.made_in[which]
            assert self.fresh(which) == expected
            for made in known:
                assert context.run(made) == expected

    def end(self):
        for which in list(self.sessions):
            self.close(which)

    def look_afterwards(self):
        assert not SESSIONS.is_layered()
        for made in self.made:
            assert shown(made) == shown(self.module.make())


@hypothesis.settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=list(hypothesis.HealthCheck),
)
@hypothesis.given(texts(), STEPS)
def test_random_edits_of_closures(project, text, steps):
    program = Run(project, text)
    try:
        for what, which in steps:
            getattr(program, what)(which)
            program.look()
            if not program.sessions:
                program.look_afterwards()
    finally:
        program.end()
    program.look_afterwards()
