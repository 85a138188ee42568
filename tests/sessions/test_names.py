"""A name that a patch binds anew: what sessions read, and what goes on when they are over."""

import asyncio
import os
import subprocess
import sys
import textwrap
import threading

import pytest

import livepatch

READERS = {
    "a generator expression": "def f():\n    return sum(RATE for _ in range(1))\n",
    "a comprehension": "def f():\n    return [RATE for _ in range(1)][0]\n",
    "a lambda": "def f():\n    return (lambda: RATE)()\n",
    "an inner function": "def f():\n    def inner():\n        return RATE\n    return inner()\n",
    "two functions deep": (
        "def f():\n    def outer():\n        def inner():\n            return RATE\n"
        "        return inner()\n    return outer()\n"
    ),
    "an inner function with cells": (
        "def f(n=0):\n    def inner():\n        nonlocal n\n        n += RATE\n        return n\n    return inner()\n"
    ),
    "an inner generator": "def f():\n    def inner():\n        yield RATE\n    return next(inner())\n",
    "the body of a local class": "def f():\n    class C:\n        rate = RATE\n    return C.rate\n",
    "a method of a local class": (
        "def f():\n    class C:\n        def m(self):\n            return RATE\n    return C().m()\n"
    ),
    "a default of an inner function": (
        "def f():\n    def inner(rate=RATE):\n        return rate\n    return inner()\n"
    ),
    "a sort key": "def f():\n    return max([0], key=lambda _: RATE) + RATE\n",
    "a name that is an attribute, too": (
        "class A:\n    RATE = 0\ndef f():\n    return RATE + A.RATE + (lambda: A.RATE + RATE)() - RATE\n"
    ),
    "a function of many names": (
        "def f():\n    if 0:\n        " + "; ".join(f"print(a{n}.b{n})" for n in range(200)) + "\n    return RATE\n"
    ),
    "a method in a closure": (
        "def make():\n    class C:\n        def m(self):\n            return (lambda: RATE)()\n    return C\n"
        "C = make()\ndef f():\n    return C().m()\n"
    ),
}  # fmt: skip


@pytest.fixture
def rated(project):
    """Give what starts a module that has RATE, 1 at first, and what binds it anew."""

    def start(text):
        module = project.start("app", f"RATE = 1\n{text}")

        def bind(value, other=text):
            project.write("app.py", f"RATE = {value}\n{other}")
            patch = project.refresh()
            assert patch.ok, patch
            return patch

        return module, bind

    return start


def aliases_in(module):
    return [name for name in vars(module) if "@" in name]


@pytest.mark.parametrize("name", READERS)
def test_whatever_reads_a_name_in_an_old_session_reads_its_old_value(rated, elsewhere, name):
    module, bind = rated(READERS[name])
    with livepatch.session():
        bind(2)
        assert (module.f(), elsewhere(module.f)) == (1, 2)
        bind(3)
        assert (module.f(), elsewhere(module.f)) == (1, 3)
    assert module.f() == 3
    assert aliases_in(module) == []


def test_each_of_three_sessions_reads_the_value_of_its_version(rated, elsewhere):
    module, bind = rated(
        "def f():\n    return (lambda: sum(RATE for _ in 'a'))() * 10 + RATE\n"
    )
    one = livepatch.session()
    with one:
        bind(2)
        with livepatch.session():
            pass
        two = elsewhere(livepatch.session)
        elsewhere(two.__enter__)
        bind(3)
        assert module.f() == 11
        with two.resumed():
            assert module.f() == 22
    with two.resumed():
        assert module.f() == 22
    assert module.f() == 33
    elsewhere(two.__exit__, None, None, None)
    assert module.f() == 33
    assert aliases_in(module) == []


def test_a_name_that_an_inner_function_assigns_to_has_one_value_for_everybody(rated):
    text = "def f():\n    def count():\n        global RATE\n        RATE += 1\n        return RATE\n    return count()\n"
    module, bind = rated(text)
    with livepatch.session():
        bind(100)
        assert module.f() == 101
        assert module.RATE == 101


def test_a_class_body_that_binds_the_name_itself_reads_its_own(rated):
    module, bind = rated(
        "def f():\n    class C:\n        RATE = 7\n        twice = RATE * 2\n    return C.twice\n"
    )
    with livepatch.session():
        bind(2)
        assert module.f() == 14


LATE = "def f(reached, go_on):\n    reached.set()\n    go_on.wait()\n    return RATE\n"


def test_a_thread_that_outlives_its_session_in_the_middle_of_a_call_reads_the_new_value(rated):
    module, bind = rated(LATE)
    reached, go_on, results = threading.Event(), threading.Event(), []
    with livepatch.session():
        bind(2)
        call = threading.Thread(
            target=lambda: results.append(module.f(reached, go_on)), daemon=True
        )
        call.start()
        assert reached.wait(10)
    assert aliases_in(module) == []
    go_on.set()
    call.join(10)
    assert results == [2]


def test_a_task_that_outlives_its_session_in_the_middle_of_a_call_reads_the_new_value(rated):
    module, bind = rated(
        "async def f(go_on):\n    await go_on.wait()\n    return RATE + sum(RATE for _ in 'a')\n"
    )

    async def main():
        go_on = asyncio.Event()
        with livepatch.session():
            bind(2)
            task = asyncio.create_task(module.f(go_on))
            await asyncio.sleep(0)
        bind(3)
        go_on.set()
        return await task

    assert asyncio.run(main()) == 6


def test_a_generator_that_outlives_its_session_reads_the_new_value(rated):
    module, bind = rated(
        "def f():\n    while True:\n        yield RATE\ndef g():\n    return (RATE for _ in range(9))\n"
    )
    with livepatch.session():
        bind(2)
        made = [module.f(), module.g()]
        assert [next(one) for one in made] == [1, 1]
    assert [next(one) for one in made] == [2, 2]
    bind(3)
    assert [next(one) for one in made] == [3, 3]


def test_a_retired_session_goes_on_in_the_middle_of_a_call(rated):
    module, bind = rated(LATE)
    reached, go_on, results = threading.Event(), threading.Event(), []

    def call():
        with livepatch.session():
            inside.set()
            assert patched.wait(10)
            results.append(module.f(reached, go_on))

    inside, patched = threading.Event(), threading.Event()
    thread = threading.Thread(target=call, daemon=True)
    thread.start()
    assert inside.wait(10)
    bind(2)
    patched.set()
    assert reached.wait(10)
    (pending,) = livepatch.pending()
    assert livepatch.retire(pending.version, force=True) == 1
    go_on.set()
    thread.join(10)
    assert results == [2]


def test_a_frame_in_the_old_code_of_a_session_is_pending(rated):
    module, bind = rated(LATE)
    reached, go_on = threading.Event(), threading.Event()
    with livepatch.session():
        patch = bind(2, LATE.replace("RATE", "-RATE"))
        call = threading.Thread(target=module.f, args=(reached, go_on), daemon=True)
        call.start()
        assert reached.wait(10)
    assert [(item.kind, item.qualname) for item in patch.pending() if item.kind == "frame"] == [
        ("frame", "f")
    ]
    go_on.set()
    call.join(10)
    assert patch.wait(10)


MAKER = "def make():\n    def made():\n        return {}\n    return made\n"


def test_a_closure_that_an_old_session_makes_is_new_when_the_session_is_over(rated):
    module, bind = rated(MAKER.format(1))
    with livepatch.session():
        bind(1, MAKER.format(2))
        made = module.make()
        assert made() == 1
    assert made() == 2
    bind(1, MAKER.format(3))
    assert made() == 3
    livepatch.undo()
    assert made() == 2


def test_an_undo_finds_closures_made_since_a_patch_that_came_while_a_session_was_open(rated):
    module, bind = rated(MAKER.format(1))
    with livepatch.session():
        bind(1, MAKER.format(2))
        bind(1, MAKER.format(3))
    made = module.make()
    assert made() == 3
    livepatch.undo()
    assert made() == 2
    livepatch.undo()
    assert made() == 1


def test_a_closure_that_an_old_session_makes_follows_all_patches_made_meanwhile(rated):
    module, bind = rated(MAKER.format("RATE, 1"))
    with livepatch.session():
        bind(2)
        first = module.make()
        bind(2, MAKER.format("RATE, 2"))
        second = module.make()
        bind(3, MAKER.format("RATE, 3"))
        assert first() == second() == (1, 1)
    assert first() == second() == (3, 3)
    bind(4, MAKER.format("RATE, 3"))
    assert first() == second() == (4, 3)
    livepatch.undo(2)
    assert first() == second() == (2, 2)


def test_a_closure_of_an_old_session_follows_a_patch_that_another_session_outlives(
    rated, elsewhere
):
    module, bind = rated(MAKER.format("RATE, LIMIT, 1") + "LIMIT = 1\n")
    one, two = livepatch.session(), elsewhere(livepatch.session)
    with one:
        bind(2, MAKER.format("RATE, LIMIT, 1") + "LIMIT = 1\n")
        made = module.make()
        bind(2, MAKER.format("RATE, LIMIT, 1") + "LIMIT = 2\n")
        elsewhere(two.__enter__)
        bind(2, MAKER.format("RATE, LIMIT, 2") + "LIMIT = 2\n")
        assert made() == (1, 1, 1)
    elsewhere(two.__exit__, None, None, None)
    assert made() == (2, 2, 2)


def test_a_method_of_a_class_that_an_old_session_makes_follows(rated):
    text = "def make():\n    class C:\n        def m(self):\n            return RATE, {}\n    return C\n"
    module, bind = rated(text.format(1))
    with livepatch.session():
        bind(2, text.format(2))
        made = module.make()()
        assert made.m() == (1, 1)
    assert made.m() == (2, 2)


def test_the_old_values_do_not_pile_up_while_a_session_stays_open(rated):
    module, bind = rated("def f():\n    return RATE\n")
    with livepatch.session():
        for value in range(2, 12):
            bind(value)
        assert module.f() == 1
        assert len(aliases_in(module)) <= 2
    assert aliases_in(module) == []


def test_without_raw_memory_the_old_value_stays_for_those_in_the_middle_of_a_call(tmp_path):
    (tmp_path / "app.py").write_text(
        "RATE = 1\ndef f():\n    while True:\n        yield RATE\n"
    )
    (tmp_path / "main.py").write_text(
        textwrap.dedent("""
            import gc
            from pathlib import Path
            import app, livepatch

            livepatch.refresh(app)
            with livepatch.session():
                path = Path("app.py")
                path.write_text(path.read_text().replace("RATE = 1", "RATE = 22"))
                assert livepatch.refresh().ok
                made = app.f()
                assert next(made) == 1
            assert next(made) == 1
            assert next(app.f()) == 22
            assert "RATE@1" in vars(app)
            del made
            gc.collect()
            assert "RATE@1" not in vars(app)
            print("done")
        """)
    )
    env = {**os.environ, "LIVEPATCH_NO_CTYPES": "1"}
    done = subprocess.run(
        [sys.executable, "main.py"],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == ("done\n", "")
