"""How deep a program may recurse while a session is open."""

import contextvars
import sys
import threading

import pytest

import livepatch

TEXT = """
def depth(n):
    return 0 if n == 0 else {} + depth(n - 1)


def dive(n, reached, go_on):
    if n == 0:
        reached.set()
        go_on.wait()
        return depth({})
    return dive(n - 1, reached, go_on)
"""


@pytest.fixture
def limit():
    """Give the limit of recursion, and see that it is the same in the end."""
    before = sys.getrecursionlimit()
    yield before
    assert sys.getrecursionlimit() == before


def frames_here():
    frame, count = sys._getframe(), 0
    while frame is not None:
        frame, count = frame.f_back, count + 1
    return count


def test_a_recursion_to_just_below_the_limit_goes_on_in_and_beside_a_session(
    project, elsewhere, limit
):
    app = project.start("app", TEXT.format("1", "0"))
    deep = limit - frames_here() - 60
    assert app.depth(deep) == deep
    with livepatch.session():
        project.write("app.py", TEXT.format("2", "0"))
        assert project.refresh().ok
        assert app.depth(deep) == deep
        assert elsewhere(app.depth, deep) == 2 * deep
    assert app.depth(deep) == 2 * deep


def test_who_is_deep_in_a_call_as_the_session_ends_can_go_on(project, limit):
    app = project.start("app", TEXT.format("1", "0"))
    reached, go_on, results = threading.Event(), threading.Event(), []
    half = limit // 2 - 40
    with livepatch.session():
        project.write("app.py", TEXT.format("1", half))
        assert project.refresh().ok

        def call():
            results.append(app.dive(half, reached, go_on))

        thread = threading.Thread(target=call, daemon=True)
        thread.start()
        assert reached.wait(10)
        other = threading.Event()
        beside = threading.Thread(
            target=lambda: results.append(
                contextvars.Context().run(app.dive, half, other, go_on)
            ),
            daemon=True,
        )
        beside.start()
        assert other.wait(10)
    go_on.set()
    thread.join(10)
    beside.join(10)
    assert sorted(results) == [0, half]
    project.write("app.py", TEXT.format("3", half))
    assert project.refresh().ok  # the first patch after them gives the limit back


def test_a_limit_that_the_program_chooses_meanwhile_is_kept(project, limit):
    app = project.start("app", TEXT.format("1", "0"))
    try:
        with livepatch.session():
            project.write("app.py", TEXT.format("2", "0"))
            assert project.refresh().ok
            assert app.depth(3) == 3
            sys.setrecursionlimit(limit + 777)
        assert sys.getrecursionlimit() == limit + 777
    finally:
        sys.setrecursionlimit(limit)
