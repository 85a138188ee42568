"""Random edit sequences while sessions come and go, checked against the truth.

Who is in a session calls what it called as the session began; who is in none, what a fresh
interpreter calls that imports the files as they are now; and when all sessions are over, everything
is like there. The programs, the edits and the fresh interpreter are those of test_oracle.py.
"""

import contextvars
import sys
from pathlib import Path

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

import livepatch
from livepatch.patching.sessions import SESSIONS

sys.path.insert(0, str(Path(__file__).parent / "oracle"))
import oracle_editing as oracle
import oracle_observing as observing
import oracle_server as server

MANY = 2  # sessions at a time


class Visitor:
    """Is in a session, and calls what was there as it began."""

    def __init__(self, held):
        self.context, self.session = contextvars.Context(), livepatch.session()
        self.context.run(self.session.__enter__)
        self.held = held

    def leave(self):
        self.context.run(self.session.__exit__, None, None, None)


def said(answer):
    """Give what a call gave, without what an edit says to everybody: frames, and names in errors."""
    return answer.split(": ")[0] if "Error: " in answer else answer.split(" at ")[0]


class EditingBesideSessions(oracle.Editing):
    """The same program, with callers that are in sessions."""

    def __init__(self):
        super().__init__()
        self.visitors = []

    @precondition(lambda self: len(self.visitors) < MANY)
    @rule()
    def open_session(self):
        """Begin a session, and note what it calls."""
        self.log.append("a session begins")
        # A cache that is called without its name is one for all, until the last session is over.
        held = self.version.held.items()
        visitor = Visitor(
            {k: v for k, v in held if not hasattr(self.objects[k], "cache_clear")}
        )
        visitor.answers = self.answers(visitor)
        self.visitors.append(visitor)

    @precondition(lambda self: self.visitors)
    @rule(data=st.data())
    def end_session(self, data):
        """End one; where it was the last, all is as if there had been none."""
        index = data.draw(st.integers(0, len(self.visitors) - 1))
        self.log.append(f"session {index} of {len(self.visitors)} ends")
        self.visitors.pop(index).leave()
        if not self.visitors:
            assert not SESSIONS.is_layered(), self.story("something has several versions still")
            self.compare((), sources=False)

    def teardown(self):
        for visitor in self.visitors:
            visitor.leave()
        super().teardown()

    def seen(self, *, sources=True):
        """Give what is seen, without the old values of names: they go with who needs them."""
        found = super().seen(sources=sources)
        for key in [key for key in found if key.endswith(" names")]:
            found[key] = " ".join(name for name in found[key].split() if "@" not in name)
        return {key: text for key, text in found.items() if "@" not in key}

    def answers(self, visitor):
        """Give what a visitor is answered by what it has held from the beginning."""
        observer = observing.Observer(set(self.files.values()), sources=False)
        for label, (kind, _, _) in visitor.held.items():
            visitor.context.run(server.look, observer, label, kind, self.objects[label])
        return calls(observer.out)

    def compare(self, notes, *, sources=True):
        """Compare what everybody sees with what they should see."""
        if not self.visitors:
            super().compare(notes, sources=sources)
            return
        for index, visitor in enumerate(self.visitors):
            now = self.answers(visitor)
            self.agree(visitor.answers, now, f"in session {index} of {len(self.visitors)}")
        held = [[label, *where] for label, where in self.version.held.items()]
        answer = oracle.FRESH.ask(files=self.files, texts=self.version.texts, held=held)
        assert "error" not in answer, self.story(answer)
        self.agree(calls(answer["seen"]), calls(self.seen(sources=False)), "in no session")

    def agree(self, expected, got, remark):
        """Have the calls that are possible in both give the same: parameters may be others.

        A name that is removed stays, for everybody, until no session is left that needs it.
        """
        found = {key for key, text in expected.items() if "NameError" not in text}
        common = found & got.keys()
        self.same(
            {key: said(expected[key]) for key in common},
            {key: said(got[key]) for key in common},
            remark,
        )


def calls(seen):
    """Give the calls among what was seen."""
    return {key: text for key, text in seen.items() if key.endswith(")")}


EditingBesideSessions.TestCase.settings = oracle.settings(steps=18)
TestEditsBesideSessions = EditingBesideSessions.TestCase
pytestmark = pytest.mark.timeout(oracle.TIMEOUT)
