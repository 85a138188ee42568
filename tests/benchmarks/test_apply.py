"""What a patch costs: by the size of the file, of the heap, of the program. Never a test.

Each group has its floor beside it: the least that any tool would have to do for that edit.
"""

import gc
import os
import sys
from types import FunctionType

import pytest

import livepatch
from tests.benchmarks.conftest import file_of

pytestmark = pytest.mark.benchmark
SIZES = (100, 1000, 10_000)


def refreshed(path):
    assert livepatch.refresh(path)


@pytest.mark.parametrize("count", SIZES)
def test_one_body_edited(watched, measured, benchmark, count):
    benchmark.group = f"one body of {count} functions"
    path = watched.write("big.py", file_of(count))
    watched.load("big")

    def save(number):
        path.write_text(file_of(count, edited=count // 2, value=number))
        return (path,)

    measured(save, refreshed)
    assert watched.get(f"big.f{count // 2}")()[1] > 20


@pytest.mark.parametrize("count", SIZES)
def test_one_body_edited_floor(watched, measured, benchmark, count):
    """Read, find the difference by halves, compile that function at its line, swap its code."""
    benchmark.group = f"one body of {count} functions"
    path = watched.write("big.py", file_of(count))
    module = watched.load("big")
    known = [path.read_text()]

    def save(number):
        path.write_text(file_of(count, edited=count // 2, value=number))
        return ()

    def swap():
        old, new = known[0], path.read_text()
        low, high = 0, min(len(old), len(new))
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (
                (middle, high) if old[low:middle] == new[low:middle] else (low, middle - 1)
            )
        start = new.rfind("\ndef ", 0, low) + 1
        end = new.find("\ndef ", start)
        line = new.count("\n", 0, start)
        code = compile("\n" * line + new[start : end if end > 0 else None], str(path), "exec")
        for const in code.co_consts:
            if hasattr(const, "co_code"):
                getattr(module, const.co_name).__code__ = const
        known[0] = new

    measured(save, swap)


@pytest.mark.parametrize("count", SIZES)
def test_a_line_inserted_at_the_top(watched, measured, benchmark, count):
    benchmark.group = f"a line above {count} functions"
    path = watched.write("big.py", file_of(count))
    watched.load("big")

    def save(number):
        path.write_text(file_of(count, lines=number))
        return (path,)

    measured(save, refreshed, rounds=10)


@pytest.mark.parametrize("count", SIZES)
def test_a_line_inserted_at_the_top_floor(watched, benchmark, count):
    """Give every function a copy of its code with another first line."""
    benchmark.group = f"a line above {count} functions"
    watched.write("big.py", file_of(count))
    module = watched.load("big")
    functions = [getattr(module, f"f{i}") for i in range(count)]

    def shift():
        for function in functions:
            code = function.__code__
            function.__code__ = code.replace(co_firstlineno=code.co_firstlineno + 1)

    benchmark.pedantic(shift, rounds=10, warmup_rounds=1)


@pytest.mark.parametrize("count", [10_000, 100_000, 1_000_000, 10_000_000])
def test_one_body_edited_beside_a_heap(watched, measured, benchmark, count):
    benchmark.group = "one body, by objects alive"
    path = watched.write("small.py", "def f():\n    return 0\n")
    watched.load("small")
    kept = [[i] for i in range(count)]
    gc.collect()

    def save(number):
        path.write_text(f"def f():\n    return {number}\n")
        return (path,)

    measured(save, refreshed)
    assert len(kept) == count


@pytest.mark.parametrize("count", [1000, 100_000])
def test_the_code_of_many_closures(watched, measured, benchmark, count):
    benchmark.group = "live closures"
    text = "def make(k):\n    def inner():\n        return {}, k\n    return inner\n"
    path = watched.write("closing.py", text.format(0))
    made = list(map(watched.load("closing").make, range(count)))

    def save(number):
        path.write_text(text.format(number))
        return (path,)

    measured(save, refreshed, rounds=5)
    assert {closure()[0] for closure in made} == {7}


@pytest.mark.parametrize("count", [1000, 100_000])
def test_the_code_of_many_closures_floor(watched, benchmark, count):
    """Find them with one search of the heap and assign their code."""
    benchmark.group = "live closures"
    text = "def make(k):\n    def inner():\n        return {}, k\n    return inner\n"
    watched.write("closing.py", text.format(0))
    made = list(map(watched.load("closing").make, range(count)))
    codes = [made[0].__code__.replace(co_firstlineno=line) for line in range(100)]

    def swap():
        old, new = made[0].__code__, codes.pop()
        for holder in gc.get_referrers(old):
            if type(holder) is FunctionType and holder.__code__ is old:
                holder.__code__ = new

    benchmark.pedantic(swap, rounds=5, warmup_rounds=2)
    assert {closure.__code__ for closure in made} == {made[0].__code__}


MODULE = "import re\n\nNAME = {k}\n\n\nclass Item:\n    def label(self):\n        return NAME\n\n\ndef version():\n    return {v}\n"


@pytest.fixture
def package(watched):
    """Give the paths of a thousand modules that are loaded."""
    watched.write("many/__init__.py", "")
    paths = [watched.write(f"many/m{k}.py", MODULE.format(k=k, v=0)) for k in range(1000)]
    for k in range(1000):
        __import__(f"many.m{k}")
    livepatch.refresh()
    return paths


@pytest.mark.parametrize("count", [1, 100, 1000])
def test_files_changed_together(package, measured, benchmark, count):
    benchmark.group = f"{count} of 1000 files changed"

    def save(number):
        for k, path in enumerate(package[:count]):
            path.write_text(MODULE.format(k=k, v=number))
        return package[:count]

    measured(save, livepatch.refresh, rounds=5)
    assert sys.modules[f"many.m{count - 1}"].version() == 7


@pytest.mark.parametrize("count", [1, 100, 1000])
def test_files_changed_together_floor(package, benchmark, count):
    """Read and compile them."""
    benchmark.group = f"{count} of 1000 files changed"

    def read_and_compile():
        for path in package[:count]:
            compile(path.read_bytes(), os.fspath(path), "exec")

    benchmark.pedantic(read_and_compile, rounds=5, warmup_rounds=1)


def test_a_look_at_a_thousand_files_that_did_not_change(package, benchmark):
    benchmark.group = "nothing changed in 1000 files"
    assert package
    assert not benchmark(livepatch.refresh)
