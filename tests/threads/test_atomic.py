"""One commit is invisible in the middle: for other threads, signal handlers, finalisers."""

import operator
import os
import signal
import subprocess
import sys
import textwrap
import weakref
from pathlib import Path

import pytest

import livepatch

pytestmark = pytest.mark.usefixtures("impatient")
ROOT = Path(__file__).resolve().parents[2]
CONSTANTS = operator.attrgetter("__code__.co_consts")
ROUNDS = 12


def versions_now(functions):
    """Give the versions of all functions at one instant: `map` runs no bytecode in between."""
    return {max(const for const in consts if const) for consts in map(CONSTANTS, functions)}


def test_other_threads_see_all_functions_change_at_once(crowd, readers):
    functions = crowd.functions

    def look():
        snapshot = tuple(map(CONSTANTS, functions))
        assert len(set(snapshot)) == 1, set(snapshot)

    group = readers(3, look)
    for version in range(1, ROUNDS):
        crowd.become(version)
        group.wait_for(5)
    livepatch.undo(3)
    group.wait_for(5)
    livepatch.redo(3)
    group.wait_for(5)
    group.finish()
    assert versions_now(functions) == {1000 + ROUNDS - 1}


def test_the_sampler_sees_a_loop_of_assignments_torn(crowd, readers):
    functions, torn = crowd.functions, []

    def look():
        torn.append(len(set(map(CONSTANTS, functions))) > 1)

    group = readers(2, look)
    codes = [(lambda: 2000).__code__, (lambda: 3000).__code__]
    before = [function.__code__ for function in functions]
    while not any(torn):
        for code in codes:
            for function in functions:
                function.__code__ = code
    for function, code in zip(functions, before, strict=True):
        function.__code__ = code
    group.finish()


def test_calls_in_a_row_never_go_back_to_the_old_version(crowd, readers):
    functions = crowd.functions

    def look():
        for order in (functions, functions[::-1]):
            seen = [function() for function in order]
            assert seen == sorted(seen)

    group = readers(3, look)
    for version in range(1, ROUNDS):
        crowd.become(version)
        group.wait_for(4)
    group.finish()


def test_a_session_is_one_version_under_all_patches(crowd, readers):
    functions = crowd.functions

    def look():
        with livepatch.session():
            seen = {function() for function in functions}
        assert len(seen) == 1, seen

    group = readers(3, look)
    for version in range(1, ROUNDS):
        crowd.become(version)
        group.wait_for(3)
    group.finish()
    assert {function() for function in functions} == {1000 + ROUNDS - 1}


def test_classes_generators_and_functions_of_a_session_are_of_one_version(project, readers):
    text = textwrap.dedent(
        """
        def rate():
            return {n}
        class Shop:
            limit = {n}
            @property
            def total(self):
                return {n}
            def __len__(self):
                return {n}
            def other(self):
                return self.limit
        def steps():
            yield {n}
            yield rate()
        """
    )
    one = project.start("one", text.format(n=1))
    two = project.start("two", "from one import rate\ndef f():\n    return rate(), 1\n")
    shop = one.Shop()

    def look():
        with livepatch.session():
            seen = [
                one.rate(),
                shop.limit,
                shop.total,
                len(shop),
                shop.other(),
                *one.steps(),
                *two.f(),
            ]
            again = [
                *two.f(),
                *one.steps(),
                shop.other(),
                len(shop),
                shop.total,
                shop.limit,
                one.rate(),
            ]
        assert len({*seen, *again}) == 1, (seen, again)

    group = readers(3, look)
    for version in range(2, 2 + ROUNDS):
        project.write("one.py", text.format(n=version))
        project.write(
            "two.py", f"from one import rate\ndef f():\n    return rate(), {version}\n"
        )
        assert project.refresh().ok
        group.wait_for(4)
    group.finish()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="signals by timer are POSIX")
def test_a_signal_handler_sees_no_half_of_a_patch(crowd):
    functions, seen = crowd.functions, []

    def handler(*_):
        seen.append(len(set(map(CONSTANTS, functions))))

    before = signal.signal(signal.SIGALRM, handler)
    signal.setitimer(signal.ITIMER_REAL, 0.0003, 0.0003)
    try:
        version = 0
        while len(seen) < 200:
            version += 1
            crowd.become(version)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert set(seen) == {1}


def test_a_finaliser_of_an_old_value_sees_no_half_of_a_patch(project):
    text = "class Value:\n    pass\nVALUE = Value()\n" + "".join(
        f"def f{number}():\n    return 1\n" for number in range(50)
    )
    m = project.start("m", text)
    functions, seen = [getattr(m, f"f{number}") for number in range(50)], []
    weakref.finalize(m.VALUE, lambda: seen.append({function() for function in functions}))
    m.f0.__defaults__ = None
    for version in range(2, 40):  # the value goes when its patch can no longer be undone
        project.write(
            "m.py",
            text.replace("Value()", f"Value()  # {version}").replace(
                "return 1", f"return {version}"
            ),
        )
        assert project.refresh().ok
    project.write("m.py", "VALUE = 3\n" + text.replace("VALUE = Value()\n", ""))
    assert project.refresh().ok
    for version in range(40, 80):
        project.write(
            "m.py",
            "VALUE = 3\n"
            + text.replace("VALUE = Value()\n", "").replace("return 1", f"return {version}"),
        )
        assert project.refresh().ok
    assert seen
    assert all(len(found) == 1 for found in seen), seen


AUDITED = """
import importlib, sys, threading
from pathlib import Path
import livepatch
from livepatch import api
from livepatch.runtime import auditing, epochs

assert not auditing.has_python_hook()
sys.addaudithook(lambda event, arguments: None)
assert auditing.has_python_hook()
folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
sys.setswitchinterval(1e-6)
text = "\\n".join(f"def f{n}():\\n    return VERSION\\n" for n in range(40))
modules = []
for name in ("one", "two", "three"):
    (folder / f"{name}.py").write_text(text.replace("VERSION", "0"))
    module = importlib.import_module(name)
    api.default_patcher().track(module, module.__file__, None)
    modules.append(module)
functions = [getattr(module, f"f{n}") for module in modules for n in range(40)]
over, torn, rounds = threading.Event(), [], [0]

def read():
    while not over.is_set():
        for order in (functions, functions[::-1]):
            seen = [function() for function in order]
            if seen != sorted(seen):
                torn.append(seen)
        rounds[0] += 1

threads = [threading.Thread(target=read) for _ in range(3)]
for thread in threads:
    thread.start()
for version in range(1, 15):
    for module in modules:
        Path(module.__file__).write_text(text.replace("VERSION", str(version)))
    assert livepatch.refresh().ok
    goal = rounds[0] + 3
    while rounds[0] < goal and not torn:
        over.wait(0.001)
over.set()
for thread in threads:
    thread.join()
assert not torn, torn[0]
assert {function() for function in functions} == {14}
assert epochs.UNPINNED.epoch == epochs.NEWEST and not epochs.stacks
print("whole", rounds[0] > 0)
"""


def said_by(text, folder):
    """Run a script over `folder` in a process of its own; give what it said."""
    script = folder / "script.py"
    script.write_text(text)
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    result = subprocess.run(
        [sys.executable, str(script), str(folder)],
        env=environment, capture_output=True, text=True, check=False, timeout=100,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return result.stdout.split()


def test_an_audit_hook_written_in_python_does_not_tear_a_commit(tmp_path):
    assert said_by(AUDITED, tmp_path) == ["whole", "True"]


HOOKED = """
import contextvars, importlib, sys
from pathlib import Path
import livepatch
from livepatch import api

folder = Path(sys.argv[1])
sys.path.insert(0, str(folder))
text = "RATE = {0}\\n" + "\\n".join(
    f"def f{n}():\\n    return RATE, g(), (lambda: RATE)(), sum(RATE for _ in 'x')\\n" for n in range(9)
) + "\\ndef g():\\n    return {0}\\n"
path = folder / "hooked.py"
path.write_text(text.format(1000))
import hooked
api.default_patcher().track(hooked, str(path), path.read_bytes())
pinned = contextvars.Context()
seen, errors, is_inside = [], [], []

def call(where, n):
    try:
        found = set(getattr(hooked, f"f{n}")())
        seen.append((where, found))
        if len(found) != 1 or (where == "session" and found != {began}):
            errors.append((where, n, found))
    except Exception as error:
        errors.append((where, n, repr(error)))

def hook(event, arguments):
    if event == "object.__setattr__" and not is_inside:
        is_inside.append(True)
        try:
            for n in (0, 4, 8):
                contextvars.Context().run(call, "nowhere", n)
                if session is not None:
                    pinned.run(call, "session", n)
        finally:
            is_inside.clear()

session = None
sys.addaudithook(hook)
for version in range(1001, 1013):
    if version % 4 == 1:
        if session is not None:
            gone, session = session, None
            pinned.run(gone.__exit__, None, None, None)
        began, entered = version - 1, livepatch.session()
        pinned.run(entered.__enter__)
        session = entered
    path.write_text(text.format(version))
    assert livepatch.refresh().ok
    assert set(hooked.f3()) == {version}, (version, hooked.f3(), errors[:3])
assert not errors, errors[:5]
print("whole", len(seen) > 100)
"""


def test_what_runs_in_the_middle_of_an_interrupted_commit_reads_names_of_one_version(tmp_path):
    assert said_by(HOOKED, tmp_path) == ["whole", "True"]
