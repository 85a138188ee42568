"""What the tests of sessions share."""

import contextvars
from concurrent.futures import ThreadPoolExecutor

import pytest

from livepatch.patching.sessions import SESSIONS
from livepatch.runtime import epochs


@pytest.fixture(autouse=True)
def nothing_is_left():
    """After each test no code that picks is left, and nobody is pinned."""
    yield
    assert not SESSIONS.is_layered()
    assert not epochs.stacks
    assert epochs.UNPINNED.epoch == epochs.NEWEST
    assert SESSIONS.pending() == ()


@pytest.fixture
def elsewhere():
    """Give what calls a function in a thread that belongs to no session."""
    with ThreadPoolExecutor(1) as pool:

        def run(call, *arguments):
            return contextvars.Context().run(pool.submit, call, *arguments).result()

        yield run
