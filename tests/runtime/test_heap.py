"""Searches of the heap see frozen objects, and freeze nothing that the program did not."""

import gc

import pytest

from livepatch.runtime import classes, frames, heap


def numbers():
    yield 1
    yield 2


class Thing:
    pass


@pytest.fixture
def frozen():
    """Freeze all that there is, as a server does before it forks."""
    gc.freeze()
    yield
    gc.unfreeze()


def test_a_suspended_generator_is_found_among_frozen_objects(request):
    running = numbers()
    next(running)
    request.getfixturevalue("frozen")
    assert [active.line for active in frames.suspended([running.gi_code])] == [11]
    assert gc.get_freeze_count() > heap.FROZEN_BY_START


def test_instances_are_found_among_frozen_objects(request):
    thing = Thing()
    request.getfixturevalue("frozen")
    assert classes.instances_of(Thing) == [thing]


@pytest.mark.usefixtures("frozen")
def test_functions_are_found_among_frozen_objects():
    codes = [numbers.__code__]
    assert heap.functions_using(codes) == {id(numbers.__code__): [numbers]}
    assert numbers in heap.functions_in(globals())


def test_a_search_freezes_nothing_where_the_program_froze_nothing():
    before = gc.get_freeze_count()
    heap.functions_using([numbers.__code__])
    heap.functions_in(globals())
    classes.instances_of(Thing)
    assert gc.get_freeze_count() == before <= heap.FROZEN_BY_START
