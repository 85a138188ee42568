"""The one writer: all writes or none, and an inverse that restores."""

import threading

import pytest

from livepatch.model import MISSING, FunctionState, Write, WriteKind
from livepatch.runtime import swap


def code_of(text):
    namespace = {}
    exec(text, namespace)
    return namespace["f"]


def function_write(target, new):
    state = FunctionState(new.__code__, new.__closure__, new.__defaults__, new.__kwdefaults__)
    return Write(WriteKind.FUNCTION, target, "", state)


class Box:
    size = 1


def all_kinds(box, names, function):
    return [
        function_write(function, code_of("def f(a=5, *, b=6): return a, b")),
        Write(WriteKind.ITEM, names, "x", 10),
        Write(WriteKind.ITEM, names, "gone", MISSING),
        Write(WriteKind.TYPE_ATTRIBUTE, box, "size", 2),
        Write(WriteKind.TYPE_ATTRIBUTE, box, "added", 3),
        Write(WriteKind.ATTRIBUTE, function, "__doc__", "New."),
    ]


def test_a_commit_writes_everything_and_its_inverse_takes_it_back():
    box, names = type("Box", (), {"size": 1}), {"gone": 0}
    function = code_of("def f(a=1): return a")
    inverse = swap.commit(all_kinds(box, names, function))
    assert (function(), names, box.size, box.added, function.__doc__) == (
        (5, 6), {"x": 10}, 2, 3, "New.",
    )  # fmt: skip
    again = swap.commit(inverse)
    assert (function(), names, box.size, function.__doc__) == (1, {"gone": 0}, 1, None)
    assert not hasattr(box, "added")
    swap.commit(again)
    assert (function(), names, box.size) == ((5, 6), {"x": 10}, 2)


def test_two_writes_to_one_place_are_taken_back_to_what_was_there_first():
    names = {"x": 1}
    inverse = swap.commit([Write(WriteKind.ITEM, names, "x", value) for value in (2, 3)])
    assert names == {"x": 3}
    swap.commit(inverse)
    assert names == {"x": 1}


def test_a_write_that_fails_takes_all_others_back():
    names = {}
    writes = [
        Write(WriteKind.ITEM, names, "x", 1),
        Write(WriteKind.TYPE_ATTRIBUTE, int, "size", 1),
    ]
    with pytest.raises(TypeError):
        swap.commit(writes)
    assert names == {}


def test_a_metaclass_does_not_see_the_writes():
    class Meta(type):
        def __setattr__(cls, name, value):
            raise AssertionError(name)

    box = Meta("Box", (), {})
    swap.commit([Write(WriteKind.TYPE_ATTRIBUTE, box, "size", 2)])
    assert box.size == 2


def test_no_other_thread_sees_half_of_a_commit():
    one, two = code_of("def f(): return 0"), code_of("def f(): return 0")
    versions = [code_of(f"def f(): return {n}") for n in (0, 1)]
    torn, stop = [], threading.Event()

    def look():
        pick = __import__("operator").attrgetter("__code__.co_consts")
        while not stop.is_set():
            seen = list(map(pick, (one, two, one)))  # one C call
            if seen[0] == seen[2] != seen[1]:
                torn.append(seen)

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        for turn in range(300):
            new = versions[turn % 2]
            swap.commit([function_write(one, new), function_write(two, new)])
    finally:
        stop.set()
        watcher.join(60)
    assert torn == []


def test_what_one_commit_sets_and_deletes_again_is_gone():
    class C:
        pass

    put = Write(WriteKind.TYPE_ATTRIBUTE, C, "x", 1)
    swap.commit([put, Write(WriteKind.TYPE_ATTRIBUTE, C, "x", MISSING)])
    assert not hasattr(C, "x")


def test_a_function_that_one_commit_changes_twice_ends_as_the_second_write_says():
    def f(x=1):
        return x

    first = FunctionState(f.__code__, None, (2,), None)
    second = FunctionState(f.__code__, None, f.__defaults__, None)
    swap.commit(
        [Write(WriteKind.FUNCTION, f, "", first), Write(WriteKind.FUNCTION, f, "", second)]
    )
    assert f() == 1
